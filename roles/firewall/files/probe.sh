#!/bin/sh
# Prints the tables whose live rules are not what their file loads: the file is loaded into a
# throw-away network namespace and both listings are compared. Needs root; read-only.
for pair in socle:firewall socle_canary:canary; do
    table=${pair%:*} file=/etc/socle/${pair#*:}.nft
    [ -f "$file" ] || continue
    wanted=$(unshare --net sh -c "nft -f $file && nft -s list table inet $table" 2>/dev/null)
    live=$(nft -s list table inet "$table" 2>/dev/null)
    [ "$live" = "$wanted" ] || echo "drifted $table"
done
