#!/bin/sh
# Whoever looked for the fault ends it.
systemctl --quiet disable debug-shell.service
