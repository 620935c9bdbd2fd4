#!/bin/sh
# A greeter for everybody on the network.
mkdir -p /etc/xdg/lightdm/lightdm.conf.d
printf '[XDMCPServer]\nenabled=true\n' >/etc/xdg/lightdm/lightdm.conf.d/50-reseau.conf
