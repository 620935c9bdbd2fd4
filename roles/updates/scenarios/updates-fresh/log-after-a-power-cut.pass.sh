#!/bin/sh
# The last lines were being written when the light went out: zeros, half a line, half a letter.
log=/var/log/unattended-upgrades/unattended-upgrades.log
cp -p "$log" /root/journal.saved
{
    head -c 64 /dev/zero
    printf '%s INFO All upgrades installed\n' "$(date '+%F %T,000')"
    printf '%s INFO mis \303\240 jour : caf\351\n' "$(date '+%F %T,000')"
    printf '%s INFO All upgrades installed' "$(date '+%F %H:%M')"
} >>"$log"
