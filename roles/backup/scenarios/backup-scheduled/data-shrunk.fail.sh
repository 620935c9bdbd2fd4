#!/bin/sh
# host: medecin
# Most of the data is gone, and the copy that follows looks as fresh as ever.
head -c 20000000 /dev/urandom >/srv/dossiers/archive.bin
socle-backup run >/dev/null
rm /srv/dossiers/archive.bin
socle-backup run >/dev/null
