#!/bin/sh
# lab: vm
# "It was slow, so I added swap."
mkswap /dev/vdb >/dev/null
swapon /dev/vdb
