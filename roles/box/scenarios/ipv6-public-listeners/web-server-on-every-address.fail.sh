#!/bin/sh
# host: sauvegarde
# A web server was left after a test; the box gives the machine a public IPv6 address.
ip address add 2001:db8:77::8000/64 dev host0 nodad
systemd-run --quiet --unit=socle-scenario-8000 python3 -m http.server --bind :: 8000
until ss --no-header --tcp --listening --numeric 'sport = 8000' | grep -q .; do sleep 0.1; done
