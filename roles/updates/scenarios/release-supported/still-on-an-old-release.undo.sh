#!/bin/sh
# Really mended by a new release; here the machine's own name comes back.
ln -sf ../usr/lib/os-release /etc/os-release
