#!/bin/sh
# The pattern goes, as with the next apply, and a copy is made.
sed -i 's|"/srv/dossiers/\*", ||' /etc/socle/backup.json
socle-backup run >/dev/null
