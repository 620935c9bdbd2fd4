#!/bin/sh
# What starts the machine and who may change it: one read-only command. Sections as in luks.sh.
export LC_ALL=C
exec 2>/dev/null

section() { printf '== %s\n' "$1"; }
variable() { od -An -tu1 -j4 "/sys/firmware/efi/efivars/$1" | tr -d ' \n'; }
loaders='/boot/grub/grub.cfg /boot/grub2/grub.cfg'

section cmdline
cat /proc/cmdline
section firmware
if [ -d /sys/firmware/efi ]; then echo uefi; else echo bios; fi
section secure-boot
variable SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
echo
section shim-off
variable MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23
echo
section loader
for file in $loaders; do [ ! -f "$file" ] || echo "grub $file"; done
bootctl --quiet is-installed && echo "systemd-boot $(bootctl --print-esp-path)"
section editor
sed -nE 's/^[[:space:]]*editor[[:space:]]+//p' "$(bootctl --print-esp-path)/loader/loader.conf"
section open
# shellcheck disable=SC2086 # two words
for file in $loaders /boot/initrd.img-* /boot/loader/loader.conf; do
    [ ! -f "$file" ] || ! runuser -u nobody -- test -r "$file" || echo "$file"
done
section writable
find /boot -xdev \( -not -user root -o -perm /022 \) -not -type l
section grub
# shellcheck disable=SC2086
cat $loaders | sed -E 's/(grub\.pbkdf2\.sha512\.[0-9]+)\.[0-9A-Fa-f.]+/\1.../'
section end
