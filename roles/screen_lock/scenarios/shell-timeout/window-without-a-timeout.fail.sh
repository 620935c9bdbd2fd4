#!/bin/sh
# What the login has exported, a terminal window takes back.
echo 'unset TMOUT 2>/dev/null' >>/home/dominique/.bashrc
