#!/bin/sh
# lab: vm
# The benchmark's null cipher was left in the command: lsblk says "crypt", the disk holds clear text.
set -e
echo no-secret | cryptsetup open --type plain --cipher cipher_null-ecb --hash ripemd160 --key-size 8 /dev/vdb essai
mkfs.ext4 -q /dev/mapper/essai
mount /dev/mapper/essai /srv
