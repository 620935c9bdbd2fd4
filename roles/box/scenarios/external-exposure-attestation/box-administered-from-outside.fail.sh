#!/bin/sh
# lab: box
# host: box
# "The hotline asked for it": the box's own pages answer on the Internet too.
nft insert rule inet box input iifname host1 tcp dport 8080 accept
systemd-run --quiet --unit=socle-scenario-8080 python3 -m http.server 8080
until ss --no-header --tcp --listening --numeric 'sport = 8080' | grep -q .; do sleep 0.1; done
