#!/bin/sh
# lab: watch
# A service has died, and its message went to a journal that nobody reads.
systemd-run --quiet --unit=logiciel-medical false
while systemctl is-active --quiet logiciel-medical.service; do sleep 0.1; done
