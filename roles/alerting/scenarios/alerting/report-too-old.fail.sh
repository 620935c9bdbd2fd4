#!/bin/sh
# lab: watch
# Something keeps the look from ending, and nobody has noticed for three days.
systemctl start socle-watch.service # one that is under way would write its own
sed -i "s/\"time\": \"[^\"]*\"/\"time\": \"$(date --utc --date='3 days ago' +%Y-%m-%dT%H:%M:%S+00:00)\"/" \
    /var/lib/socle/watch/last.json
