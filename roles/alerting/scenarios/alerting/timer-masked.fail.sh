#!/bin/sh
# lab: watch
# "It made the computer slow at noon."
systemctl mask --now socle-watch.timer
