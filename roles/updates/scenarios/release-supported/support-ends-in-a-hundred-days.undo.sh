#!/bin/sh
# Really mended by a new release; here Debian's own calendar comes back.
mv /root/debian.csv.saved /usr/share/distro-info/debian.csv
