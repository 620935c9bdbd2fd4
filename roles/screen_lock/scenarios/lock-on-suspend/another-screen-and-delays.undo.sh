#!/bin/sh
# The screen is taken away, the programs end.
systemctl stop ecran.service delai.service
rm -r /etc/systemd/system/socle-lock-sleep.service.d
systemctl daemon-reload
