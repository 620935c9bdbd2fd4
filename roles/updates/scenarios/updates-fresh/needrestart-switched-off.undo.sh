#!/bin/sh
# No engine removes a file that it does not know: the provider does.
rm /etc/needrestart/conf.d/zz-liste.conf
