#!/bin/sh
# Which mirror a machine uses is not ours to choose: the provider puts the line back.
mv /root/sources.list.saved /etc/apt/sources.list
