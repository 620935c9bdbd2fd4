#!/bin/sh
# The provider erases it.
swapoff /dev/vdb
wipefs --all --quiet /dev/vdb
