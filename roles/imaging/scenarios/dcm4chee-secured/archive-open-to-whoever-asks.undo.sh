#!/bin/sh
# lab: imaging
# Whoever installed dcm4chee secures it; the stand-in goes.
systemctl stop dcm4chee-stand-in
rm /run/dcm4chee-stand-in.py
