#!/bin/sh
# lab: imaging
# An export for a colleague that stayed in the home folder. Synthetic: no patient's.
mkdir -p /home/export
{ head -c 128 /dev/zero; printf DICM; head -c 2000 /dev/urandom; } >/home/export/1.dcm
