#!/bin/sh
# Settings kept in a file of one's own instead of dconf: no lock of dconf holds there.
echo 'export GSETTINGS_BACKEND=keyfile' >>/home/dominique/.profile
