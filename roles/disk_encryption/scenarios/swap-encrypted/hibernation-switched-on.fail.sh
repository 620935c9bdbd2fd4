#!/bin/sh
# lab: vm
# "The laptop should keep its windows overnight."
rm /etc/systemd/sleep.conf.d/socle.conf
systemctl --quiet unmask hibernate.target hybrid-sleep.target suspend-then-hibernate.target
