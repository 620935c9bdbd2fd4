#!/bin/sh
# A file that is read after ours.
printf '[Login]\nHandleLidSwitch=ignore\n' >/etc/systemd/logind.conf.d/zz-lid.conf
systemctl kill --kill-whom=main --signal=HUP systemd-logind.service
