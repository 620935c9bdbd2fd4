#!/bin/sh
# An account that is locked, a fingerprint reader, an automatic login that is switched off, and a
# console with another speed: nobody is let in without a secret.
useradd --create-home --shell /bin/bash stagiaire
sed -i 's/^\[daemon\]/&\n#AutomaticLogin=camille\n  AutomaticLoginEnable = False/' /etc/gdm3/daemon.conf
sed -i '1i auth sufficient pam_fprintd.so max-tries=1' /etc/pam.d/xfce4-screensaver
mkdir -p /etc/systemd/system/getty@tty4.service.d
cat >/etc/systemd/system/getty@tty4.service.d/lente.conf <<'X'
[Service]
ExecStart=
ExecStart=-/sbin/agetty -o '-p -- \\u' --keep-baud 115200,9600 - $TERM
X
systemctl daemon-reload
