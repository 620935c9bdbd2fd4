#!/bin/sh
# The console of the first line logs in by itself; GDM is one key combination away from it.
mkdir -p /etc/systemd/system/getty@tty1.service.d
cat >/etc/systemd/system/getty@tty1.service.d/autologin.conf <<'EOF'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin camille --noclear %I $TERM
EOF
systemctl daemon-reload
