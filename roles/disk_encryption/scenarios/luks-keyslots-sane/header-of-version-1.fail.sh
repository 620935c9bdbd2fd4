#!/bin/sh
# lab: vm
# Copied from an old tutorial.
set -e
umask 077
head -c 64 /dev/urandom >/root/srv.key
cryptsetup luksFormat --batch-mode --type luks1 --pbkdf-force-iterations 1000 /dev/vdb /root/srv.key
echo spare | cryptsetup luksAddKey --batch-mode --key-file /root/srv.key --pbkdf-force-iterations 1000 /dev/vdb
cryptsetup open --key-file /root/srv.key /dev/vdb coffre
mkfs.ext4 -q /dev/mapper/coffre
mount /dev/mapper/coffre /srv
