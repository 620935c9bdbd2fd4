#!/bin/sh
# The next release as a second source: half of the system follows it at the next update.
mkdir -p /srv/testing && cd /srv/testing && : >Packages
printf 'Origin: Debian\nLabel: Debian\nSuite: testing\nCodename: forky\nDate: %s\nSHA256:\n %s 0 Packages\n' \
    "$(date -Ru)" "$(sha256sum Packages | cut -d' ' -f1)" >Release
echo 'deb [trusted=yes] file:/srv/testing ./' >/etc/apt/sources.list.d/testing.list
apt-get -qq update -o Dir::Etc::sourcelist=sources.list.d/testing.list -o Dir::Etc::sourceparts=- \
    -o APT::Get::List-Cleanup=0
