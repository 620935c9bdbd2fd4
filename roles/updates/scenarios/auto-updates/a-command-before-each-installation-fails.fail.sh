#!/bin/sh
# The backup program's hook is left, the program is not: dpkg is never run.
echo 'DPkg::Pre-Invoke { "/opt/copie/avant-mise-a-jour"; };' >/etc/apt/apt.conf.d/80copie
