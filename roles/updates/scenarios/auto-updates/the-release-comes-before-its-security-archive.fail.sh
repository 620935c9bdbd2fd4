#!/bin/sh
# From a guide to mixed releases: versions of the release itself win over its security updates.
. /etc/os-release
echo "APT::Default-Release \"$VERSION_CODENAME\";" >/etc/apt/apt.conf.d/99zz-version
