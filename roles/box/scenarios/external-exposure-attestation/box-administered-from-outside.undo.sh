#!/bin/sh
# The provider switches the remote administration off.
systemctl stop socle-scenario-8080
rule=$(nft --handle list chain inet box input | sed -n 's/.*dport 8080 accept # handle //p')
nft delete rule inet box input handle "$rule"
