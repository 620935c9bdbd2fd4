#!/bin/sh
# "Only while the maintenance contract runs": its file went with the contract.
mkdir -p /etc/systemd/system/apt-daily-upgrade.service.d
printf '[Unit]\nConditionPathExists=/etc/contrat-de-maintenance\n' \
    >/etc/systemd/system/apt-daily-upgrade.service.d/contrat.conf
systemctl daemon-reload
