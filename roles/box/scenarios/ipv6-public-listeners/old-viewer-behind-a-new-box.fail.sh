#!/bin/sh
# host: sauvegarde
# Behind the old box nobody could reach it. The new one brings public IPv6 addresses.
ip address add 2001:db8:77::9500/64 dev host0 nodad
systemd-run --quiet --unit=socle-scenario-9500 python3 -m http.server --bind :: 9500
until ss --no-header --tcp --listening --numeric 'sport = 9500' | grep -q .; do sleep 0.1; done
