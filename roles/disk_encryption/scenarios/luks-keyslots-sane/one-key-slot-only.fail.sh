#!/bin/sh
# lab: vm
# One key, in one place: when it is gone, so are the data.
set -e
umask 077
head -c 64 /dev/urandom >/root/srv.key
cryptsetup luksFormat --batch-mode --type luks2 --pbkdf argon2id --pbkdf-memory 65536 --pbkdf-force-iterations 4 /dev/vdb /root/srv.key
cryptsetup open --key-file /root/srv.key /dev/vdb coffre
mkfs.ext4 -q /dev/mapper/coffre
mount /dev/mapper/coffre /srv
