#!/bin/sh
# A program downloaded from its maker: nothing will ever update it.
mkdir -p /srv/telecharge/DEBIAN
printf 'Package: dictee\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.com>\nDescription: test\n' \
    >/srv/telecharge/DEBIAN/control
dpkg-deb --build /srv/telecharge /srv/dictee.deb >/dev/null
dpkg --install /srv/dictee.deb >/dev/null
