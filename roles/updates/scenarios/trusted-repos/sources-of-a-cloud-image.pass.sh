#!/bin/sh
# Debian's own image for the cloud: a list of mirrors in a file, and the key named.
VERSION_CODENAME=$(sed -n "s/^VERSION_CODENAME=//p" /etc/os-release)
mkdir -p /etc/apt/mirrors
cp /etc/apt/sources.list /root/sources.list.saved
sed -n "s/^deb \([^ ]*\) $VERSION_CODENAME main.*/\1/p" /root/sources.list.saved >/etc/apt/mirrors/debian.list
sed -n "s/^deb \([^ ]*\) $VERSION_CODENAME-security.*/\1/p" /root/sources.list.saved \
    >/etc/apt/mirrors/debian-security.list
: >/etc/apt/sources.list
for part in "debian $VERSION_CODENAME $VERSION_CODENAME-updates" "debian-security $VERSION_CODENAME-security"; do
    printf 'Types: deb\nURIs: mirror+file:///etc/apt/mirrors/%s.list\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' \
        "${part%% *}" "${part#* }" /usr/share/keyrings/debian-archive-keyring.gpg
done >/etc/apt/sources.list.d/debian.sources
apt-get -qq update
