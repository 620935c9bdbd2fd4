#!/bin/sh
# Debian 10, "because the ultrasound program was made for it".
rm /etc/os-release
cat >/etc/os-release <<'END'
PRETTY_NAME="Debian GNU/Linux 10 (buster)"
VERSION_ID="10"
VERSION_CODENAME=buster
ID=debian
END
