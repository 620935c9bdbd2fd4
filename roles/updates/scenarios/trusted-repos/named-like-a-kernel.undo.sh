#!/bin/sh
# A program that somebody uses is not ours to remove: the provider does, or declares it.
dpkg --purge linux-image-9-telemaintenance >/dev/null
rm -r /srv/noyau /srv/noyau.deb
