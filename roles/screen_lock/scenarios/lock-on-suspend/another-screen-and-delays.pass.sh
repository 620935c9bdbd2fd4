#!/bin/sh
# GNOME holds the lid while another screen is plugged in; a program asks for a delay before sleep.
# A drop-in says how long the lock may take.
mkdir -p /etc/systemd/system/socle-lock-sleep.service.d
printf '[Service]\nTimeoutStartSec=20\n' >/etc/systemd/system/socle-lock-sleep.service.d/time.conf
systemctl daemon-reload
systemd-run --quiet --unit=ecran systemd-inhibit --what=handle-lid-switch --who=camille \
    --why='Multiple displays attached' sleep infinity
systemd-run --quiet --unit=delai systemd-inhibit --what=sleep --mode=delay sleep infinity
for _ in $(seq 100); do
    [ "$(systemd-inhibit --list --no-legend | grep -c systemd-inhib)" -lt 2 ] || exit 0
    sleep 0.1
done
exit 1
