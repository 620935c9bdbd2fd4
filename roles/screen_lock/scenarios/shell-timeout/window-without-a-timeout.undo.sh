#!/bin/sh
# No engine writes in people's homes.
sed -i '/TMOUT/d' /home/dominique/.bashrc
