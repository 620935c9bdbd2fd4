#!/bin/sh
# The box filters the mirror: runs go on, and find nothing in the old lists.
touch --date='10 days ago' /var/lib/apt/periodic/update-stamp
