#!/bin/sh
# host: sauvegarde
# "My session was closed during the restore."
sed -i '/StopIdleSessionSec/d' /etc/systemd/logind.conf.d/socle.conf
systemctl kill --kill-whom=main --signal=HUP systemd-logind.service
