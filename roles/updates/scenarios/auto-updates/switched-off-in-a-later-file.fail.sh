#!/bin/sh
# The installer of a medical program brings a file of its own, read after ours.
echo 'APT::Periodic::Unattended-Upgrade "0";' >/etc/apt/apt.conf.d/99zz-logiciel
