#!/bin/sh
# The apply that follows sends copies to the servers again; the folders are of no use.
rm -r /srv/copies-serveur /srv/copies-distant
