#!/bin/sh
# Removed as a useless package: libraries are replaced, and nothing that runs uses them.
apt-get -qq --yes purge needrestart >/dev/null
