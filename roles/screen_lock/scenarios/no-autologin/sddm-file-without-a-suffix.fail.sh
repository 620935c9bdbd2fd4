#!/bin/sh
# SDDM reads every file of the folder, and passes over lines that mean nothing to it.
printf '[Autologin]\nUser=dominique\nSession=plasma\nne pas modifier\n' >/etc/sddm.conf.d/zzz-autologin
