#!/bin/sh
# Prints "installed" where Orthanc is, then what socle-imaging would change. Read-only.
[ -x /usr/sbin/Orthanc ] || exit 0
echo installed
[ ! -x /usr/local/sbin/socle-imaging ] || [ ! -f /etc/socle/imaging.json ] ||
    /usr/local/sbin/socle-imaging check 2>&1
