#!/bin/sh
# The provider removes the forwarding on the box, then starts the count anew.
nft reset counters table inet socle_canary >/dev/null
