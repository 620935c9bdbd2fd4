#!/bin/sh
# The provider stops the program.
systemctl stop socle-scenario-9500
ip address delete 2001:db8:77::9500/64 dev host0
