#!/bin/sh
# A default release and a package may have a reason: no engine takes them away. The provider does.
rm -r /etc/apt/sources.list.d/archive.list /etc/apt/apt.conf.d/99zz-version /srv/archive
dpkg --purge visionneuse >/dev/null
rm -f /var/lib/apt/lists/_srv_archive_*
