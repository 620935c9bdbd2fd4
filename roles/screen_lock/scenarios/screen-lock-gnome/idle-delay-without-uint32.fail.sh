#!/bin/sh
# "idle-delay=30": not a uint32, so GSettings falls back on its default of 300 s. In silence.
sed -i 's/idle-delay=uint32 /idle-delay=/' /etc/dconf/db/socle.d/00-socle
dconf update
