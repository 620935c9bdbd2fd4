#!/bin/sh
# The test is done.
systemctl start socle-backup@restore-test.service
