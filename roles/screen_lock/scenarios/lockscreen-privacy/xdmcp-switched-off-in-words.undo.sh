#!/bin/sh
# As it was.
rm -r /etc/xdg/lightdm
