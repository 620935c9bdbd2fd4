#!/bin/sh
# No engine touches rules that are somebody else's: the provider does.
mv /etc/nftables.conf.dpkg-old /etc/nftables.conf
systemctl --quiet disable nftables.service
