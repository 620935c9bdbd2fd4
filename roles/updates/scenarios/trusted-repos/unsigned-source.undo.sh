#!/bin/sh
# No engine removes a source that it does not know: the provider does.
rm -rf /etc/apt/sources.list.d/depot.* /srv/depot /var/lib/apt/lists/_srv_depot_*
