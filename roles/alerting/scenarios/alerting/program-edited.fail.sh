#!/bin/sh
# lab: watch
# "Now it is green": a check was commented out on the machine.
sed -i '$a # edited' /usr/local/lib/socle/verify/roles/firewall/test_firewall.py
