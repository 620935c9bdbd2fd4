#!/bin/sh
# What a machine says of its own watch, one record a line. Read-only.
state=/var/lib/socle/watch
printf 'now %s\n' "$(date --utc +%Y-%m-%dT%H:%M:%S+00:00)"
enabled=$(systemctl is-enabled socle-watch.timer 2>/dev/null)
active=$(systemctl is-active socle-watch.timer)
service=$(systemctl is-active socle-watch.service)
following=$(systemctl show --property=NextElapseUSecRealtime --value socle-watch.timer)
printf 'units %s %s %s %s\n' "${enabled:-absent}" "$active" "$service" "$following"
program=$(readlink /usr/local/lib/socle/verify)
content=$(cd -P /usr/local/lib/socle/verify 2>/dev/null && find . -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
printf 'program %s %s\n' "${program#verify-}" "${content:-absent}"
printf 'report %s\n' "$(base64 -w0 "$state/last.json" 2>/dev/null)"
printf 'acknowledged %s\n' "$(base64 -w0 "$state/acknowledged.json" 2>/dev/null)"
systemctl list-units --failed --plain --no-legend --no-pager | awk '{print "failed", $1}'
df --local --output=pcent,target --exclude-type=tmpfs --exclude-type=devtmpfs --exclude-type=squashfs \
    --exclude-type=iso9660 --exclude-type=efivarfs 2>/dev/null |
    awk 'NR > 1 && $1 != "-" {sub("%", "", $1); print "disk", $0}' | tr -s ' '
if command -v smartctl >/dev/null; then
    smartctl --scan 2>/dev/null | awk '{print $1}' | while read -r disk; do
        smartctl --health "$disk" >/dev/null 2>&1
        echo "smart $disk $?"
    done
fi
echo end
