#!/bin/sh
# Only a restart mends it; here its traces go as they would then.
systemctl stop forgotten-session.service
rm /run/reboot-required /run/reboot-required.pkgs
