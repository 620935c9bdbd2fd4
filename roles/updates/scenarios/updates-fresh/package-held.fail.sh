#!/bin/sh
# "Do not update this one, the invoicing program needs it": said once, years ago.
apt-mark hold tzdata openssh-server >/dev/null
