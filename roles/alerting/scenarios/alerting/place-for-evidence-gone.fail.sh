#!/bin/sh
# lab: watch
# The folder for bundles was renamed when the disk was tidied up.
mv /srv/preuves /srv/preuves-2025
systemctl start socle-watch.service
