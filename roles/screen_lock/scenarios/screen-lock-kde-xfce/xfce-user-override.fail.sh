#!/bin/sh
# The machine's defaults without locks: what a person sets wins, and dominique has set "never".
sed -i 's/ locked="\*" unlocked="root"//' \
    /etc/xdg/xfce4/xfconf/xfce-perchannel-xml/xfce4-screensaver.xml
folder=/home/dominique/.config/xfce4/xfconf/xfce-perchannel-xml
install -d -o dominique -g dominique /home/dominique/.config /home/dominique/.config/xfce4 \
    /home/dominique/.config/xfce4/xfconf $folder
cat >$folder/xfce4-screensaver.xml <<'EOF'
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-screensaver" version="1.0">
  <property name="lock" type="empty"><property name="enabled" type="bool" value="false"/></property>
</channel>
EOF
chown dominique: $folder/xfce4-screensaver.xml
