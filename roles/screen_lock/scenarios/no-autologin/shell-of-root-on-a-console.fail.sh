#!/bin/sh
# "Only until the fault is found": Ctrl+Alt+F9 is root.
systemctl --quiet enable debug-shell.service
