#!/bin/sh
# GLib does not mind blanks in front of a key.
sed -i 's/^\[daemon\]/&\nAutomaticLoginEnable = true\n  AutomaticLogin = camille/' /etc/gdm3/daemon.conf
