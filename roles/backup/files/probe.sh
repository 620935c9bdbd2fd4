#!/bin/sh
# Prints what of a backup server is not as its files say: the account, its clients' folders.
# Read-only.
folders=/etc/tmpfiles.d/socle-backup.conf
[ -f "$folders" ] || exit 0
account=$(getent passwd socle-backup) && [ "${account##*:}" = /bin/sh ] || echo "drifted account"
awk '$1 == "d" {print $2, substr($3, 2), $4}' "$folders" | while read -r path mode user; do
    [ "$(stat -c '%F %a %U' "$path" 2>/dev/null)" = "directory $mode $user" ] ||
        echo "drifted folders"
done | sort -u
