#!/bin/sh
# lab: vm
# "I had forgotten GRUB's password."
rm /etc/grub.d/09_socle
grub-mkconfig --output=/boot/grub/grub.cfg 2>/dev/null
