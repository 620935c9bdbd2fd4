#!/bin/sh
# What the machine does that no file says. Needs root; read-only.
# Swap in clear, or with a key that is lost at every stop: nothing may hibernate into it.
{
    awk 'NR > 1 {print $1}' /proc/swaps | while read -r swap; do
        [ -b "$swap" ] || swap=$(findmnt -no SOURCE --target "$swap" | sed 's/\[.*//')
        lsblk -nsro TYPE "$swap" | grep -qx crypt || echo plain
    done
    awk '$1 !~ /^#/ && $3 ~ /^\/dev\/(u?random|hwrng)$/ {print "random"}' /etc/crypttab
} 2>/dev/null | grep -q . && echo "swap unfit for hibernation"
# A FAT /boot has no modes.
[ ! -d /boot ] || [ "$(stat -fc %T /boot)" = msdos ] || [ "$(stat -c %a /boot)" = 700 ] || echo "boot open"
menu=/boot/grub/grub.cfg ours=/etc/grub.d/09_socle
if [ -f $menu ] && command -v grub-mkconfig >/dev/null; then
    echo "grub present"
    if [ -f $ours ]; then
        lock=$(grep -E '^(set superusers|password_pbkdf2)' $ours)
        [ "$(echo "$lock" | grep -cxFf - $menu)" = 2 ] || echo "grub stale"
    elif grep -q "BEGIN $ours" $menu; then
        echo "grub stale"
    fi
fi
