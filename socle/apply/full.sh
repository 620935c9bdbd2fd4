#!/bin/sh
# A sentence where next to nothing is left of what an apply writes to, by the place that is full;
# nothing where there is room. What is kept back for root counts as left. Read-only.
full() {
    for place in /etc /run /tmp /var/cache/apt /var/lib/apt /var/lib/dpkg /var/lib/socle /var/log; do
        [ ! -d "$place" ] || stat -fc "%S %f %c %d $(stat -c %m "$place")" "$place"
    done | awk '$1 * $2 < 16 * 1024 * 1024 || ($3 > 0 && $4 < 100) { print $5 }' | sort -u |
        paste -sd , | sed 's/,/, /g; s/..*/&: less than 16 MiB or 100 files are left: make room there, then run again/'
}
