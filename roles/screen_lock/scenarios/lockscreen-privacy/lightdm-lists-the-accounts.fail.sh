#!/bin/sh
# LightDM reads this file last: it beats every drop-in.
mkdir -p /etc/lightdm
printf '[Seat:*]\ngreeter-hide-users=false\n' >/etc/lightdm/lightdm.conf
