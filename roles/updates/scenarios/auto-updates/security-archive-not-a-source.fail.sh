#!/bin/sh
# A sources.list copied from a tutorial: no update is ever pending, because none is ever seen.
cp /etc/apt/sources.list /root/sources.list.saved
sed -i '/security/d' /etc/apt/sources.list
rm -f /var/lib/apt/lists/*security*
