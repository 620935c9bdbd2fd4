#!/bin/sh
# The next look makes a report.
systemctl start socle-watch.service
