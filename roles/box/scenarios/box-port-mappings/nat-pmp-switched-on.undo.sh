#!/bin/sh
# The provider switches NAT-PMP off on the box.
ip rule delete ipproto udp dport 5351 lookup 5351
systemctl stop socle-scenario-natpmp
ip netns delete socle-natpmp
rm /run/socle-scenario-natpmp.py
