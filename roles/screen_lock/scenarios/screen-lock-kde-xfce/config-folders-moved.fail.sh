#!/bin/sh
# The machine's own defaults are no longer read.
install -d -o dominique -g dominique /home/dominique/.config /home/dominique/.config/environment.d
echo 'XDG_CONFIG_DIRS=/home/dominique/xdg' >/home/dominique/.config/environment.d/xdg.conf
