#!/bin/sh
# Ctrl+Alt+F3, and the shell is there; agetty takes a shortened option as well.
mkdir -p /etc/systemd/system/getty@tty3.service.d
cat >/etc/systemd/system/getty@tty3.service.d/panne.conf <<'X'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologi camille --noclear %I $TERM
X
systemctl daemon-reload
