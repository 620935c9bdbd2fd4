#!/usr/bin/env bash
# probe.py for a host without Python: bash [SECONDS ADDRESS PORT [ADDRESS PORT...]] prints the same
# lines. It cannot tell an ICMP "port unreachable" from a reset: both read "refused".
seconds=$1
shift

try() { # ADDRESS PORT
  local said code
  # shellcheck disable=SC2016 # the inner bash expands them
  said=$(timeout "$seconds" bash -c 'exec 3<>"/dev/tcp/$1/$2"' _ "$1" "$2" 2>&1)
  code=$?
  case "$code $said" in
    "0 "*) echo "$1 $2 open" ;;
    "124 "*) echo "$1 $2 silent" ;;
    *"Connection refused"*) echo "$1 $2 refused" ;;
    *"No route to host"*) echo "$1 $2 rejected" ;;
    *) echo "$1 $2 unseen:${said##*: }" ;;
  esac
}

while [ $# -ge 2 ]; do
  try "$1" "$2" &
  shift 2
  while [ "$(jobs -rp | wc -l)" -ge 50 ]; do wait -n; done
done
wait
