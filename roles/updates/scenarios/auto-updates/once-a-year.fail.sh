#!/bin/sh
# During the holidays, within the window: the next start is planned, and months away.
for timer in apt-daily apt-daily-upgrade; do
    mkdir -p "/etc/systemd/system/$timer.timer.d"
    printf '[Timer]\nOnCalendar=\nOnCalendar=*-08-15 13:00\n' \
        >"/etc/systemd/system/$timer.timer.d/zz.conf"
done
systemctl daemon-reload
systemctl restart apt-daily.timer apt-daily-upgrade.timer
