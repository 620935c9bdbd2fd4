#!/bin/sh
# lab: vm
# The disk lies in a drawer since it was bought.
rm -rf /var/lib/socle/backup/offline
