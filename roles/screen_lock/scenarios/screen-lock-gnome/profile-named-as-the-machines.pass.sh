#!/bin/sh
# A person names the machine's own profile and backend: nothing else is read.
install -d -o camille -g camille /home/camille/.config /home/camille/.config/environment.d
printf 'DCONF_PROFILE=user\nGSETTINGS_BACKEND=dconf\n' \
    >/home/camille/.config/environment.d/socle.conf
