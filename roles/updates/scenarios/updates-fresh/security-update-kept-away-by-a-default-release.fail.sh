#!/bin/sh
# Version 2 of a package is in the security archive; a default release keeps version 1, for eight days now.
set -e
mkdir -p /srv/archive/one/DEBIAN /srv/archive/two/DEBIAN
for number in one two; do
    version=$([ "$number" = one ] && echo 1 || echo 2)
    printf 'Package: visionneuse\nVersion: %s\nArchitecture: all\nMaintainer: a <a@example.com>\nDescription: test\n' \
        "$version" >"/srv/archive/$number/DEBIAN/control"
    dpkg-deb --build "/srv/archive/$number" "/srv/archive/visionneuse_$version.deb" >/dev/null
done
dpkg --install /srv/archive/visionneuse_1.deb >/dev/null
cd /srv/archive
deb=visionneuse_2.deb
{
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
} >Packages
printf 'Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: trixie-security\nDate: %s\nSHA256:\n %s %s Packages\n' \
    "$(date -Ru)" "$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)" >Release
echo 'deb [trusted=yes] file:/srv/archive ./' >/etc/apt/sources.list.d/archive.list
echo 'APT::Default-Release "now";' >/etc/apt/apt.conf.d/99zz-version
apt-get -qq update -o Dir::Etc::sourcelist=sources.list.d/archive.list -o Dir::Etc::sourceparts=- \
    -o APT::Get::List-Cleanup=0
echo "{\"visionneuse\": $(date --date='8 days ago' +%s)}" >/var/lib/socle/updates/pending.json
