#!/bin/sh
# Said once more, in a file of one's own; and a comment about it.
mkdir -p /etc/xdg/lightdm/lightdm.conf.d
printf '[Seat:*]\n# greeter-hide-users=false\n  greeter-hide-users = true\n[XDMCPServer]\nenabled=false\n' \
    >/etc/xdg/lightdm/lightdm.conf.d/50-cabinet.conf
