#!/bin/sh
# From a guide for servers: unattended-upgrades restarts by itself, whoever is working.
cat >/etc/apt/apt.conf.d/99zz-reboot <<'END'
Unattended-Upgrade::Automatic-Reboot "true";
Unattended-Upgrade::Automatic-Reboot-WithUsers "true";
Unattended-Upgrade::Automatic-Reboot-Time "11:00";
END
