#!/bin/sh
# The old provider's rules, loaded late in the start: they begin by flushing everything.
cat >/etc/old-rules.nft <<'END'
flush ruleset
table inet old {
    chain input {
        type filter hook input priority filter; policy accept;
    }
}
END
cat >/etc/systemd/system/old-rules.service <<'END'
[Unit]
After=network.target
[Service]
Type=oneshot
ExecStart=/usr/sbin/nft -f /etc/old-rules.nft
[Install]
WantedBy=multi-user.target
END
systemctl --quiet enable old-rules.service
