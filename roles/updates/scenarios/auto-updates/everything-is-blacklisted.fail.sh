#!/bin/sh
# "Only for the demonstration": no package may be updated, and every run ends well.
echo 'Unattended-Upgrade::Package-Blacklist { ".*"; };' >/etc/apt/apt.conf.d/99zz-demonstration
