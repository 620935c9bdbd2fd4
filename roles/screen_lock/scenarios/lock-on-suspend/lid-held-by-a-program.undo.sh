#!/bin/sh
# The person takes the tweak back.
systemctl stop couvercle.service
