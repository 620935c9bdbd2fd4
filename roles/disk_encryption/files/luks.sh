#!/bin/sh
# Headers of all LUKS devices, key files that are referred to, and files that look like keys where
# nothing encrypts them: one read-only command. Each section opens with a line "== NAME WHAT".
# Headers hold salts and digests, never a key.
export LC_ALL=C
exec 2>/dev/null

section() { printf '== %s\n' "$*"; }

# Names of files that look like keys. Programs, modules and their keymaps only sound like it; the
# keys of dropbear let a person in to type the passphrase.
like_keys() {
    grep -iE '(^|/)cryptroot/keyfiles/.|(key|luks|passphrase|secret)[^/]*$' |
        grep -viE '^(usr|lib|lib64|bin|sbin|scripts|conf|boot/grub)/|^etc/dropbear|authorized_keys$|keymap|keyboard|\.(efi|conf)$'
}

lsblk --noheadings --raw --paths --output NAME,FSTYPE | sort -u |
    while read -r device type; do
        [ "$type" = crypto_LUKS ] || continue
        section text "$device"
        cryptsetup luksDump "$device" | grep -E '^(Version|Epoch|UUID|Key Slot)'
        section json "$device"
        printf '%s\n' "$(cryptsetup luksDump --dump-json-metadata "$device")" # it ends without a newline
    done
section keyfiles
{
    awk '$1 !~ /^#/ && $3 ~ /^\// && $3 !~ /^\/dev\/(u?random|hwrng)$/ {print $3}' /etc/crypttab
    tr ' ' '\n' </proc/cmdline | sed -nE 's/^(rd\.)?luks\.key=([^=]*=)?(\/[^:]*).*/\3/p'
    ls /etc/cryptsetup-keys.d/*.key /run/cryptsetup-keys.d/*.key
} | sort -u | while read -r file; do
    printf '%s %s %s\n' "$(stat --dereference --format '%a %U' "$file" || echo absent -)" "$file" "$(realpath -m "$file")"
done
section boot
find /boot /efi -xdev -type f -size -64k | sed 's|^/||' | like_keys | sed 's|^|/|'
for image in /boot/initrd.img-* /boot/initramfs-*; do
    [ -f "$image" ] || continue
    section initramfs "$image"
    if command -v lsinitramfs >/dev/null; then
        names=$(lsinitramfs "$image") || names='cannot be read'
    else
        names=$(lsinitrd --list "$image") || names='cannot be read'
    fi
    [ -n "$names" ] || names='cannot be read'
    echo "$names" | grep -x 'cannot be read'
    echo "$names" | like_keys
done
section end
