#!/bin/sh
# Unpacks .verify-DIGEST.tar.gz, puts it to use in one step, and removes older ones. $1: DIGEST.
set -eu
umask 022
cd /usr/local/lib/socle
archive=.verify-$1.tar.gz
new=$(mktemp -d .verify-new.XXXXXX)
trap 'rm -rf "$new" "$archive"' EXIT
tar -xzf "$archive" --no-same-owner -C "$new"
find "$new" -type d -exec chmod 755 {} +
find "$new" -type f -exec chmod 644 {} +
sync -f "$new"
rm -rf "verify-$1"
mv -T "$new" "verify-$1"
ln -sfn "verify-$1" .verify-link
mv -fT .verify-link verify
find . -maxdepth 1 ! -name "verify-$1" ! -name "$archive" \
    \( -name 'verify-*' -o -name '.verify-*' \) -exec rm -rf {} +
