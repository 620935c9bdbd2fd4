#!/bin/sh
# A firewall from a tutorial, switched on and never started: the next start locks everybody out.
cp -p /etc/nftables.conf /etc/nftables.conf.dpkg-old
cat >/etc/nftables.conf <<'END'
flush ruleset
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
    }
}
END
systemctl --quiet enable nftables.service
