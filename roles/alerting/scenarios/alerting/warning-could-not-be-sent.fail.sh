#!/bin/sh
# lab: watch
# A promise breaks, and the relay that would take the warning does not answer.
nft flush ruleset
systemctl start socle-watch.service
