#!/bin/sh
# A provider's remote maintenance, as a package that nothing updates, named like an old kernel.
mkdir -p /srv/noyau/DEBIAN
printf 'Package: linux-image-9-telemaintenance\nVersion: 9\nArchitecture: all\nMaintainer: a <a@example.com>\nDescription: test\n' \
    >/srv/noyau/DEBIAN/control
dpkg-deb --build /srv/noyau /srv/noyau.deb >/dev/null
dpkg --install /srv/noyau.deb >/dev/null
