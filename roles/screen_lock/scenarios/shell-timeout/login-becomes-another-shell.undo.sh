#!/bin/sh
# No engine writes in people's homes.
sed -i '/exec dash/d' /home/dominique/.profile
