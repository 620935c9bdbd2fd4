#!/bin/sh
# greetd's own way to begin without a greeter.
mkdir -p /etc/greetd
cat >/etc/greetd/config.toml <<'X'
[terminal]
vt = 1
[initial_session]
command = "sway"
user = "dominique"
X
