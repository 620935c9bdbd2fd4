#!/bin/sh
# As it was.
sed -i '/# essai$/d' /home/camille/.bashrc
