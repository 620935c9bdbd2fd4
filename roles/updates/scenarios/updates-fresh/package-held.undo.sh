#!/bin/sh
# A hold may have a reason: no engine takes it away. The provider does, or writes the waiver.
apt-mark unhold tzdata openssh-server >/dev/null
