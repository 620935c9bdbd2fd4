#!/bin/sh
# A repository that has no signature at all, in the newer format.
mkdir -p /srv/depot && : >/srv/depot/Packages
printf 'Types: deb\nURIs: file:/srv/depot\nSuites: ./\nAllow-Insecure: yes\n' \
    >/etc/apt/sources.list.d/depot.sources
