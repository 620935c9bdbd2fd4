#!/bin/sh
# lab: vm
# The date of the last copy is put right with an editor: its signature is not.
sed -i 's/"time": "20[0-9][0-9]/"time": "2099/' /var/lib/socle/backup/offline/*.json
