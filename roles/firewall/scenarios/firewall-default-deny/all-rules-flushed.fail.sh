#!/bin/sh
# "The network did not work, so I flushed the firewall."
nft flush ruleset
