#!/bin/sh
# A box that opens ports by NAT-PMP, and has no list of them. A few lines on the machine itself
# stand in for it: what root asks the router on UDP 5351 is turned round to them.
router=$(ip -4 -json route show default | sed 's/.*"gateway":"\([0-9.]*\)".*/\1/')
cat >/run/socle-scenario-natpmp.py <<END
import socket
box = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
box.bind(("127.0.0.1", 5351))
while True:
    said, sender = box.recvfrom(2000)
    box.sendto(bytes([0, 128 + said[1], 0, 0, 0, 0, 0, 9, 198, 51, 100, 7]), sender)
END
systemd-run --quiet --unit=socle-scenario-natpmp python3 /run/socle-scenario-natpmp.py
nft -f - <<END
table ip socle_scenario_natpmp {
    chain output {
        type nat hook output priority 10; # once the firewall has let it out
        ip daddr $router udp dport 5351 redirect to :5351
    }
}
END
until ss --no-header --udp --listening --numeric 'sport = 5351' | grep -q .; do sleep 0.1; done
