#!/bin/sh
# Removed as a useless package; the timers still fire, and nothing is installed.
apt-get -qq --yes purge unattended-upgrades >/dev/null
