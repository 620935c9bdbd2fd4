#!/bin/sh
# The provider lets the box be a router again.
ip address delete 1.2.3.4/32 dev host0
