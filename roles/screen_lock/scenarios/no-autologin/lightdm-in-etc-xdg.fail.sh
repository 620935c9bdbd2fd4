#!/bin/sh
# LightDM reads this folder, too; what is said of one seat beats what is said of all.
mkdir -p /etc/xdg/lightdm/lightdm.conf.d
printf '[Seat:seat0]\n    autologin-user=dominique\n' >/etc/xdg/lightdm/lightdm.conf.d/50-salle.conf
