#!/bin/sh
# No engine writes in the settings of a program that Socle does not know.
rm -r /etc/greetd
