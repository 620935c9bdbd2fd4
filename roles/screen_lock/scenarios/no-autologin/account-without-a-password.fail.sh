#!/bin/sh
# "She kept forgetting it." PAM's nullok lets in who has none, on every console and screen.
useradd --create-home --shell /bin/bash secretaire
passwd --quiet --delete secretaire
