#!/bin/sh
# No engine unmasks what is not its own.
rm /etc/systemd/system/suspend.target
systemctl daemon-reload
