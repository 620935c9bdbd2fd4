#!/bin/sh
# As before.
userdel --remove stagiaire 2>/dev/null
sed -i '/^#AutomaticLogin=camille/d; /^  AutomaticLoginEnable = False/d' /etc/gdm3/daemon.conf
sed -i 1d /etc/pam.d/xfce4-screensaver
rm -r /etc/systemd/system/getty@tty4.service.d
systemctl daemon-reload
