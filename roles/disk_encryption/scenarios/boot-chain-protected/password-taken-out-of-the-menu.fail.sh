#!/bin/sh
# lab: vm
# Edited by hand, where the machine reads it.
sed -i '/^set superusers=/d' /boot/grub/grub.cfg
