#!/bin/sh
# One run at a time works on a host. Sourced in front of a script, after connection.sh's function
# `connection`; needs root.
#   turn_take RUN ENGINE FORMER   RUN: name of this run (socle/baseline/runs.py); FORMER: a run that
#                                 its own computer knows to be over, or empty
#                                 exit 75: another run has its turn; prints "busy" and its record
#   turn_give RUN                 the run is over
# A record: RUN ENGINE LOGIN CLIENT SINCE PID START. PID and START are those of the SSH session (or,
# without SSH, of the run): the turn ends with it. Ansible closes and opens its connections while it
# works, so its turn ends when it says so, or after a quarter of an hour.
turns=/run/socle

turn_take() {
    umask 077
    install -d -m 700 "$turns"
    exec 9>"$turns/turn.lock"
    flock -w 5 9 || { echo "the turns of this host are locked" >&2; exit 1; }
    if turn_held "$1" "$3"; then
        echo "busy $(cut -d' ' -f1-5 "$turns/turn")" >&2
        exit 75
    fi
    client=$(connection | cut -d' ' -f1)
    if [ -n "$client" ]; then pid=$(turn_session); else pid=$(echo "$1" | cut -d. -f2); fi
    echo "$1 $2 ${SUDO_USER:-$(id -un)} ${client:--} $(date +%s) $pid $(turn_started "$pid")" >"$turns/turn.new"
    mv -f "$turns/turn.new" "$turns/turn"
    exec 9>&-
}

turn_held() {
    read -r run engine _ _ since pid start <"$turns/turn" 2>/dev/null || return 1
    if [ "$run" = "$1" ] || [ "$run" = "$2" ]; then return 1; fi
    [ -n "$start" ] || return 1
    [ "$(turn_started "$pid")" != "$start" ] || return 0
    age=$(($(date +%s) - since)) # below 0: the clock was set back
    [ "$engine" = ansible ] && [ "$age" -ge 0 ] && [ "$age" -lt 900 ]
}

turn_give() {
    read -r run _ 2>/dev/null <"$turns/turn" || return 0
    [ "$run" != "$1" ] || rm -f "$turns/turn"
}

# When a process began, in ticks since the start of the computer.
turn_started() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# The process of sshd whose connection this script runs in.
turn_session() {
    pid=$$
    while [ "$pid" -gt 1 ]; do
        case $(cat "/proc/$pid/comm") in sshd*) break ;; esac
        pid=$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$pid/stat")
    done
    echo "$pid"
}
