#!/bin/sh
# lab: vm
# The key file of a disk is packed into the initramfs, which lies on the plain /boot.
set -e
mkfs.ext4 -q /dev/vdd
mount /dev/vdd /mnt
cp -a /boot/. /mnt/
umount /mnt
mount /dev/vdd /boot
cat >/etc/initramfs-tools/hooks/cle <<'HOOK'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
mkdir -p "$DESTDIR/cryptroot/keyfiles"
head -c 64 /dev/urandom >"$DESTDIR/cryptroot/keyfiles/cryptroot.key"
HOOK
chmod 755 /etc/initramfs-tools/hooks/cle
update-initramfs -u >/dev/null
