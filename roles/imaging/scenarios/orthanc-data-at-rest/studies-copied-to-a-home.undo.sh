#!/bin/sh
# lab: imaging
# No engine deletes images: a person imports them, then deletes the copies.
rm -r /home/export
