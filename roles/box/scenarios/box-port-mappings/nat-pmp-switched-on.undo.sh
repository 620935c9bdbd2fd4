#!/bin/sh
# The provider switches NAT-PMP off on the box.
systemctl stop socle-scenario-natpmp
nft delete table ip socle_scenario_natpmp
rm /run/socle-scenario-natpmp.py
