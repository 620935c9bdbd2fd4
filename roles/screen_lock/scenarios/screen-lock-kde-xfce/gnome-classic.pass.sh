#!/bin/sh
# Another name of GNOME, behind env, as Debian 12 has it: no other desktop.
cat >/usr/share/wayland-sessions/gnome-classic-wayland.desktop <<'X'
[Desktop Entry]
Name=GNOME Classic on Wayland
Exec=env GNOME_SHELL_SESSION_MODE=classic gnome-session
TryExec=gnome-session
Type=Application
X
