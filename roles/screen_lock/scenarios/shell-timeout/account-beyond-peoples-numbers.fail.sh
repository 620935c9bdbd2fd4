#!/bin/sh
# An account of a maintainer, among the system's numbers, with a shell that knows no TMOUT.
useradd --system --create-home --shell /bin/dash mainteneur
echo 'mainteneur:2kW-bruyere-ardoise' | chpasswd
