#!/bin/sh
# xfce4-screensaver counts whole minutes: it takes "less than one" for ten.
sed -i 's/name="delay" type="int" value="1"/name="delay" type="int" value="0"/' \
    /etc/xdg/xfce4/xfconf/xfce-perchannel-xml/xfce4-screensaver.xml
