#!/bin/sh
# What is odd and healthy goes as it came.
mv /root/journal.saved /var/log/unattended-upgrades/unattended-upgrades.log
