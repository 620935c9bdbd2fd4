#!/bin/sh
# The provider takes it out again.
sed -i '/init=.bin.bash/d' /etc/default/grub
grub-mkconfig --output=/boot/grub/grub.cfg 2>/dev/null
