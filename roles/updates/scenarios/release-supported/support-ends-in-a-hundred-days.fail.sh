#!/bin/sh
# The end of support is near, and nobody has planned the next release.
cp -p /usr/share/distro-info/debian.csv /root/debian.csv.saved
near=$(date --date='100 days' +%F)
sed -i "/,trixie,/s/^\(\([^,]*,\)\{5\}\).*/\1$near,$near/" /usr/share/distro-info/debian.csv
