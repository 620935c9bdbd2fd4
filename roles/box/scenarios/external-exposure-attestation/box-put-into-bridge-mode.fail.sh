#!/bin/sh
# lab: box
# host: accueil
# The box was put into bridge mode: the machine has a public address that nobody has looked at.
ip address add 1.2.3.4/32 dev host0
