#!/bin/sh
# The provider closes the port and switches UPnP off on the box.
ip rule delete ipproto udp dport 1900 lookup 1900
ip rule delete ipproto tcp dport 5000 lookup 1900
systemctl stop socle-scenario-game
ip netns delete socle-game
rm /run/socle-scenario-game.py
