#!/bin/sh
# The provider erases it.
wipefs --all --quiet /dev/vdd
