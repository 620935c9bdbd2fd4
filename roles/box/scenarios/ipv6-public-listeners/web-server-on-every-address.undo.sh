#!/bin/sh
# The provider stops the program.
systemctl stop socle-scenario-8000
ip address delete 2001:db8:77::8000/64 dev host0
