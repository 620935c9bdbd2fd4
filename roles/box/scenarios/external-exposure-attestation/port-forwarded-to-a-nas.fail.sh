#!/bin/sh
# lab: box
# host: box
# The holiday's photographs were to be seen from home. No machine of the practice notices: the port
# leads to a NAS that nobody manages, here a namespace behind the box.
ip netns add socle-nas
ip link add socle-nas type veth peer name eth0 netns socle-nas
ip link set socle-nas up
ip address add 192.168.99.1/24 dev socle-nas
ip -n socle-nas link set eth0 up
ip -n socle-nas address add 192.168.99.2/24 dev eth0
ip -n socle-nas route add default via 192.168.99.1
nft insert rule inet box prerouting iifname host1 tcp dport 5000 dnat ip to 192.168.99.2
systemd-run --quiet --unit=socle-scenario-nas ip netns exec socle-nas python3 -m http.server 5000
until ip netns exec socle-nas ss --no-header --tcp --listening --numeric 'sport = 5000' |
    grep -q .; do sleep 0.1; done
