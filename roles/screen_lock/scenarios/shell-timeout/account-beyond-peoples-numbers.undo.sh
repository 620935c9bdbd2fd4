#!/bin/sh
# No engine changes accounts here.
userdel --remove mainteneur 2>/dev/null
