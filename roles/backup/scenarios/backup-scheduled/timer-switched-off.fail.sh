#!/bin/sh
# "It slowed the computer down at lunch."
systemctl --quiet disable --now socle-backup.timer
