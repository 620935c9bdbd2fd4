#!/bin/sh
# lab: vm
# Left over from a repair: the machine starts into a root shell.
echo 'GRUB_CMDLINE_LINUX="init=/bin/bash"' >>/etc/default/grub
grub-mkconfig --output=/boot/grub/grub.cfg 2>/dev/null
