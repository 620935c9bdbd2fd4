#!/bin/sh
# The box forwards a port: a packet with an Internet address as its source arrives.
ip netns add internet
ip link add socle-wan type veth peer name eth0 netns internet
ip address add 203.0.113.1/30 dev socle-wan
ip link set socle-wan up
ip -n internet address add 203.0.113.2/30 dev eth0
ip -n internet link set eth0 up
sysctl --quiet --write net.ipv4.conf.socle-wan.rp_filter=0
ip netns exec internet python3 -c \
    'import socket; socket.socket(2, 2).sendto(b"?", ("203.0.113.1", 11112))'
ip netns delete internet
