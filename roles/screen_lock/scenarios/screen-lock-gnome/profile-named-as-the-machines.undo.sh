#!/bin/sh
# As it was.
rm /home/camille/.config/environment.d/socle.conf
