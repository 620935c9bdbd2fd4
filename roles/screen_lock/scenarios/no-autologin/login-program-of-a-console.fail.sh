#!/bin/sh
# No login asks for anything: agetty starts another program in its place.
mkdir -p /etc/systemd/system/getty@.service.d
cat >/etc/systemd/system/getty@.service.d/direct.conf <<'X'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --skip-login --login-program /bin/bash --noclear %I $TERM
X
systemctl daemon-reload
