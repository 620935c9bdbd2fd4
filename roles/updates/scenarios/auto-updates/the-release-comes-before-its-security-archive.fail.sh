#!/bin/sh
# From a guide to mixed releases: versions of the release itself win over its security updates.
VERSION_CODENAME=$(sed -n "s/^VERSION_CODENAME=//p" /etc/os-release)
echo "APT::Default-Release \"$VERSION_CODENAME\";" >/etc/apt/apt.conf.d/99zz-version
