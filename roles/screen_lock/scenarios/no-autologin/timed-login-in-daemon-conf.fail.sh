#!/bin/sh
# "Only after ten seconds."
sed -i 's/^\[daemon\]/&\nTimedLoginEnable = True\nTimedLogin = camille\nTimedLoginDelay = 10/' \
    /etc/gdm3/daemon.conf
