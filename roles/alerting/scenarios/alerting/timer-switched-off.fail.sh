#!/bin/sh
# lab: watch
# "It made the computer slow at noon."
systemctl disable --quiet --now socle-watch.timer
