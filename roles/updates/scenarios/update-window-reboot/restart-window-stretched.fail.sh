#!/bin/sh
# The restart "never came", so its window now covers the consultations.
sed -i 's#^\(ExecStart=.*reboot.py\).*#\1 daily/00:00-23:45#' /etc/systemd/system/socle-reboot.service
systemctl daemon-reload
