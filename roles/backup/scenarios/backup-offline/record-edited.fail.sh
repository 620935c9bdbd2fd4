#!/bin/sh
# lab: vm
# The date of the last copy is put right with an editor: its signature is not.
mkdir -p /var/lib/socle/backup/offline
[ -e /var/lib/socle/backup/offline/disque-a.json ] ||
    echo "{\"result\": \"ok\", \"newest\": {}}" >/var/lib/socle/backup/offline/disque-a.json
sed -i 's/"newest": {/"newest": {"portable": "2099-01-01T00:00:00+00:00", /' /var/lib/socle/backup/offline/*.json
