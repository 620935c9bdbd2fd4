#!/bin/sh
# A client backs up /srv/images with a date of its choice: sh dated.sh SERVER DATE.
python3 -c 'import json; print(json.load(open("/etc/socle/backup-secrets.json"))["passwords"]["serveur"])' \
    >/tmp/pw
options="-F /dev/null -i /etc/socle/backup_ed25519 -o BatchMode=yes"
options="$options -o UserKnownHostsFile=/etc/socle/backup_known_hosts"
restic -r rclone:socle: -p /tmp/pw -o rclone.program="ssh $options -l socle-backup $1" \
    backup --quiet --time "$2" /srv/images
