#!/bin/sh
# A box that opens ports by NAT-PMP, and has no list of them. A few lines in a network namespace
# stand in for it, under its address: only what goes to UDP 5351 is led there.
router=$(ip -4 -json route show default | sed 's/.*"gateway":"\([0-9.]*\)".*/\1/')
own=$(ip -4 -json route get "$router" | sed 's/.*"prefsrc":"\([0-9.]*\)".*/\1/')
ip netns add socle-natpmp
ip link add socle-natpmp type veth peer name eth0 netns socle-natpmp
ip link set socle-natpmp up
sysctl --quiet --write net.ipv4.conf.socle-natpmp.rp_filter=0
ip -n socle-natpmp link set lo up
ip -n socle-natpmp link set eth0 up
ip -n socle-natpmp address add "$router/32" dev eth0
ip -n socle-natpmp route add "$own" dev eth0
ip route add "$router" dev socle-natpmp table 5351
ip rule add ipproto udp dport 5351 to "$router" lookup 5351
cat >/run/socle-scenario-natpmp.py <<END
import socket
box = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
box.bind(("", 5351))
while True:
    said, sender = box.recvfrom(2000)
    box.sendto(bytes([0, 128 + said[1], 0, 0, 0, 0, 0, 9, 198, 51, 100, 7]), sender)
END
systemd-run --quiet --unit=socle-scenario-natpmp ip netns exec socle-natpmp \
    python3 /run/socle-scenario-natpmp.py
until ip netns exec socle-natpmp ss --no-header --udp --listening --numeric 'sport = 5351' |
    grep -q .; do sleep 0.1; done
