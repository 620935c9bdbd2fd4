#!/bin/sh
# No engine removes a source that it does not know: the provider does, or declares it.
rm /etc/apt/sources.list.d/navigateur.list
