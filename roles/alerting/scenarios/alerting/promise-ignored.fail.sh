#!/bin/sh
# lab: watch
# The machine has reported a broken promise, and nobody reacts.
sed -i 's/"shell-timeout": "[a-z]*"/"shell-timeout": "fail"/' /var/lib/socle/watch/last.json
