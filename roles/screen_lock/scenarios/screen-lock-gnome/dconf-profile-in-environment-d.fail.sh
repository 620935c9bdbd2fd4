#!/bin/sh
# A forum's advice: a profile of one's own, without the machine's databases and locks.
install -d -o camille -g camille /home/camille/.config /home/camille/.config/environment.d
echo 'user-db:user' >/home/camille/.config/no-lock
echo 'DCONF_PROFILE=/home/camille/.config/no-lock' >/home/camille/.config/environment.d/no-lock.conf
