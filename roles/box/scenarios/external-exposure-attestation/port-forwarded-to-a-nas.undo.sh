#!/bin/sh
# The provider removes the forwarding, and the NAS is reached through the VPN.
systemctl stop socle-scenario-nas
ip netns delete socle-nas
rule=$(nft --handle list chain inet box prerouting | sed -n 's/.*dport 5000 dnat.*# handle //p')
nft delete rule inet box prerouting handle "$rule"
