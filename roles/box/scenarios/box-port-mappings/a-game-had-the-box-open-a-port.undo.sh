#!/bin/sh
# The provider closes the port and switches UPnP off on the box.
systemctl stop socle-scenario-gateway
nft delete table ip socle_scenario
rm /run/socle-scenario-gateway.py
