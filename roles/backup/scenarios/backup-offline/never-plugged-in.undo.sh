#!/bin/sh
# The disk is plugged in, filled, and let go. It is a file of the lab's machine, so that it can be
# taken away again; few rounds of its key, because that machine is slow.
set -eu
# udev would start it at every move of the disk, and once more when it is taken away.
unit=socle-backup-offline@disque-a.service
systemctl mask --quiet --runtime --now "$unit"
uuid=$(python3 -c 'import json; print(next(r["luks_uuid"] for r in json.load(
    open("/etc/socle/backup.json"))["repositories"] if r["kind"] == "disk"))')
phrase() {
    python3 -c 'import json; print(next(iter(json.load(
        open("/etc/socle/backup-secrets.json"))["luks"].values())), end="")'
}
rm -f "/dev/disk/by-uuid/$uuid" # a link that a mistake has left
image=/var/tmp/disque-a.img
[ -e "$image" ] || truncate --size=250M "$image"
for old in $(losetup --associated "$image" --noheadings --output NAME); do
    losetup --detach "$old"
done
disk=$(losetup --find --show "$image")
if ! cryptsetup isLuks "$disk"; then
    phrase | cryptsetup luksFormat --batch-mode --type luks2 --uuid "$uuid" --pbkdf pbkdf2 \
        --pbkdf-force-iterations 1000 --key-file - "$disk"
    phrase | cryptsetup open --key-file - "$disk" new
    mkfs.ext4 -q /dev/mapper/new
    cryptsetup close new
fi
udevadm trigger --action=change "$disk"
udevadm settle
until [ -e "/dev/disk/by-uuid/$uuid" ]; do sleep 0.2; done
socle-backup run >/dev/null || :
socle-backup offline disque-a || :
losetup --detach "$disk"
udevadm settle
while [ -e "/dev/disk/by-uuid/$uuid" ]; do sleep 0.2; done
systemctl unmask --quiet --runtime "$unit"
