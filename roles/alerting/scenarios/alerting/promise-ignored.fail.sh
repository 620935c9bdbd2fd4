#!/bin/sh
# lab: watch
# The machine has reported a broken promise, and nobody reacts.
systemctl start socle-watch.service # one that is under way would write its own
sed -i 's/"shell-timeout": "[a-z]*"/"shell-timeout": "fail"/' /var/lib/socle/watch/last.json
