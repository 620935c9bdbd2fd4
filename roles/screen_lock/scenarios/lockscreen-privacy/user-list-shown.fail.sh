#!/bin/sh
# "So that people can click on their name": everybody in the waiting room can read who works here.
sed -i 's/disable-user-list=true/disable-user-list=false/' /etc/dconf/db/socle-greeter.d/00-socle
dconf update
