#!/bin/sh
# The package that brings the next kernel was removed; the archive has a newer one.
set -e
mkdir -p /srv/noyau && cd /srv/noyau
for version in 1 2; do
    rm -rf p && mkdir -p p/DEBIAN
    printf '%s\n' "Package: linux-image-6.1.0-$version-amd64" "Version: 6.1.$version-1" 'Source: linux' \
        'Architecture: all' 'Maintainer: a <a@example.com>' 'Description: test' >p/DEBIAN/control
    dpkg-deb --build p "noyau_$version.deb" >/dev/null
done
dpkg --install noyau_1.deb >/dev/null
deb=noyau_2.deb
{
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
} >Packages
printf 'Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: trixie-security\nDate: %s\nSHA256:\n %s %s Packages\n' \
    "$(date -Ru)" "$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" >Release
echo 'deb [trusted=yes] file:/srv/noyau ./' >/etc/apt/sources.list.d/noyau.list
apt-get -qq update -o Dir::Etc::sourcelist=sources.list.d/noyau.list -o Dir::Etc::sourceparts=- \
    -o APT::Get::List-Cleanup=0
