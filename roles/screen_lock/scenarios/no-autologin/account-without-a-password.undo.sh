#!/bin/sh
# No engine gives people passwords.
userdel --remove secretaire 2>/dev/null
