#!/bin/sh
# Left by an old scanner's setup; it listens again as soon as somebody starts it.
set -e
folder=$(mktemp -d)
mkdir "$folder/DEBIAN"
cat >"$folder/DEBIAN/control" <<'END'
Package: tftpd-hpa
Version: 1
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: only its name
END
dpkg-deb --build "$folder" "$folder.deb" >/dev/null
dpkg --install "$folder.deb" >/dev/null
rm -r "$folder" "$folder.deb"
