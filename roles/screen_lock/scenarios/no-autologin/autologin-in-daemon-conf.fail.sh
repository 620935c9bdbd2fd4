#!/bin/sh
# GDM's own file, which has no drop-ins.
sed -i 's/^\[daemon\]/&\nAutomaticLoginEnable=true\nAutomaticLogin=camille/' /etc/gdm3/daemon.conf
