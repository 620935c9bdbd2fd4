#!/bin/sh
# Its name again: what waited is delivered with the next look.
mv /srv/preuves-2025 /srv/preuves
systemctl start socle-watch.service
