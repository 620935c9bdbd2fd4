#!/bin/sh
# A program that somebody uses is not ours to remove: the provider does, or declares it.
dpkg --purge dictee >/dev/null
rm -r /srv/telecharge /srv/dictee.deb
