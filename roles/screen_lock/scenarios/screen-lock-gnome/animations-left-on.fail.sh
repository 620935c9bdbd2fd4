#!/bin/sh
# "The desktop looks poor without them." The fade of 10 s comes before the lock: 40 s.
sed -i 's/enable-animations=false/enable-animations=true/' /etc/dconf/db/socle.d/00-socle
dconf update
