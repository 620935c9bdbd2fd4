#!/bin/sh
# Display managers let members of this group in without asking.
groupadd --force nopasswdlogin
gpasswd --add dominique nopasswdlogin >/dev/null
