#!/bin/sh
# No engine writes in people's homes: the provider talks to the person, and removes it.
rm /home/camille/.config/environment.d/no-lock.conf /home/camille/.config/no-lock
