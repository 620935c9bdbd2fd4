#!/bin/sh
# SDDM reads its main file last.
printf '[Autologin]\nUser=dominique\nSession=plasma\n' >/etc/sddm.conf
