#!/bin/sh
# Prints SHA-256 and path of each file of the program whose owner and mode are right. Read-only;
# for Ansible, which would ask file by file.
cd / || exit
find usr/local/lib/socle/imaging -type f -name '*.py' -perm 644 -user root -group root \
    -exec sha256sum {} + 2>/dev/null
find usr/local/sbin/socle-imaging -type f -perm 755 -user root -group root \
    -exec sha256sum {} + 2>/dev/null
