#!/bin/sh
# As it was.
rm /usr/share/wayland-sessions/gnome-classic-wayland.desktop
