#!/bin/sh
# The way back, armed on the host itself before a change that can cut access. Sourced in front of a
# script that calls these functions as root; RUN is the word by which a run is known (turn.sh).
#   guard_arm RUN SECONDS TABLES PATH...   TABLES: comma-separated, may be empty
#   guard_disarm RUN SECONDS               over a new connection. SECONDS: for so long, at most,
#                                          established packets must be declared; empty: no such proof
#                                          exit 3: too late, the host has restored itself, or
#                                          says what it cannot put back
#                                          exit 5: the proof begins; ask again, over a new connection
#   guard_reached RUN SECONDS              the same question where nothing is left to disarm
#   guard_mend RUN                         leads whatever a former run left back to a sane state
set -eu
guard=/var/lib/socle/guard
units=/etc/systemd/system
confirmed=/run/socle/confirmed # the last run whose change was confirmed
undone=${guard%/*}/undone       # the last run whose change the host has put back
longest=900                    # seconds that a whole run may take

guard_arm() {
    run=$1 seconds=$2 tables=$3
    shift 3
    umask 077
    if guard_watches "$run"; then # armed by this run already
        guard_save "$guard" "$tables" "$@"
        echo "$seconds" >"$guard/seconds"
        guard_units "$guard"
        guard_watch
        return
    fi
    guard_mend "$run"
    ! grep -qxF "$run" "$undone" 2>/dev/null || guard_gone_back # what came before is missing now
    if [ -d "$guard" ]; then # a former change was not confirmed: its older state stays the way back
        guard_save "$guard" "$tables" "$@"
        echo "$seconds" >"$guard/seconds"
        guard_units "$guard"
    else
        mkdir -p "$guard.new"
        echo "$seconds" >"$guard.new/seconds"
        echo "$run" >"$guard.new/run"
        : >"$guard.new/reload"
        find "$units" -type l | sort >"$guard.new/links"
        guard_save "$guard.new" "$tables" "$@"
        guard_units "$guard.new" # first: no copy without its timer
        guard_try
        mv "$guard.new" "$guard"
        sync -f "$guard"
    fi
    guard_watch
}

# guard_save FOLDER TABLES PATH...: what FOLDER does not hold yet.
guard_save() {
    to=$1 tables=$2
    shift 2
    mkdir -p "$to/files" "$to/tables"
    for path; do
        ! grep -qxF "$path" "$to/paths" 2>/dev/null || continue
        if [ -e "$path" ] || [ -L "$path" ]; then
            mkdir -p "$to/files${path%/*}"
            cp -a "$path" "$to/files$path"
        fi
        printf '%s\n' "$path" >>"$to/paths"
    done
    printf '%s\n' "$tables" | tr , '\n' | while read -r family name; do
        [ -n "$name" ] || continue
        ! grep -qxF "$family $name" "$to/table-names" 2>/dev/null || continue
        nft list table "$family" "$name" >"$to/tables/$family.$name" 2>/dev/null || :
        echo "$family $name" >>"$to/table-names"
    done
}

guard_watches() {
    [ "$(cat "$guard/run" 2>/dev/null)" = "$1" ] && [ -e "$guard-restore" ] &&
        systemctl --quiet is-active socle-guard.timer
}

# After this the host goes back by itself, or the change is not begun.
guard_watch() {
    systemctl --quiet --no-reload enable socle-guard.timer 2>/dev/null # it is loaded
    systemctl restart socle-guard.timer
    # A copy that is gone, or a service that runs: the time was over just before it began anew.
    [ -d "$guard" ] && [ "$(systemctl show --value --property=ActiveState socle-guard.service)" != activating ] ||
        guard_gone_back
    systemctl --quiet is-active socle-guard.timer && guard_in_time && return
    echo "the host cannot start the timer that would undo the change" >&2
    exit 1
}

# Whether the timer is as it was written: a drop-in of somebody else's may have put it off.
guard_in_time() {
    left=$(systemd-analyze timespan "$(cat "$guard/seconds")s" | sed -n 's/^ *Human: //p')
    systemctl show socle-guard.timer --property=Unit,RandomizedDelayUSec,TimersMonotonic |
        grep -cxE -e 'Unit=socle-guard.service' -e 'RandomizedDelayUSec=0' \
            -e "TimersMonotonic=\{ OnActiveUSec=$left ; next_elapse=.*" | grep -qx 3
}

# Starts the service while there is nothing to put back: it must get as far as its script, and be
# able to write where it would. A drop-in of somebody else's may keep it from that.
guard_try() {
    mkdir -p "$guard.trial"
    systemctl start socle-guard.service || :
    [ -d "$guard.trial" ] || return 0
    changed=$(systemctl show --value --property=DropInPaths socle-guard.service)
    guard_clear
    echo "the host cannot run the service that would undo the change (systemctl cat" \
        "socle-guard.service${changed:+; changed by $changed})" >&2
    exit 1
}

# guard_units FOLDER: the units that put back what FOLDER holds.
guard_units() {
    seconds=$(cat "$1/seconds" 2>/dev/null || echo 60)
    guard_restore_script | guard_write "$guard-restore" || exit 1
    guard_write "$units/socle-guard.service" <<UNIT
[Unit]
Description=Socle: go back to the state before an unconfirmed change
[Service]
Type=oneshot
ExecStart=/bin/sh $guard-restore
CapabilityBoundingSet=
IPAddressDeny=any
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=none
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
UMask=0077
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_NET_ADMIN
RestrictAddressFamilies=AF_NETLINK
# All that is guarded lies below /etc.
ReadWritePaths=/etc ${guard%/*}
UNIT
    guard_write "$units/socle-guard.timer" <<UNIT
[Unit]
Description=Socle: time left to confirm a change
StartLimitIntervalSec=0
[Timer]
OnActiveSec=${seconds}s
AccuracySec=100ms
[Install]
WantedBy=timers.target
UNIT
    chmod 644 "$units/socle-guard.service" "$units/socle-guard.timer"
    systemctl daemon-reload
}

# guard_write FILE: from standard input, all of it or nothing. Never written over: it may be running.
guard_write() {
    cat >"$1.new" && mv -f "$1.new" "$1" && return
    rm -f "$1.new"
    exit 1
}

guard_restore_script() {
    cat <<'RESTORE'
# Written by Socle: puts the host back as it was before the change. Run by socle-guard.service.
guard=/var/lib/socle/guard
# Only tried out: shows that it could.
[ ! -d "$guard.trial" ] || {
    [ -w /etc ] && { ! command -v nft || nft list tables; } >/dev/null && rmdir "$guard.trial"
}
# An interrupted restoration goes on; without either folder the change was confirmed in time.
[ -d "$guard.restoring" ] || mv "$guard" "$guard.restoring" 2>/dev/null || [ -d "$guard" ] || exit 0
stuck= # what could not be put back
stuck() {
    stuck="$stuck${stuck:+, }$1"
}
# What is as it was needs no room on a full disk, and no leave to be written.
same() {
    [ "$(stat -c '%F %a %u %g' "files$1" 2>&1)" = "$(stat -c '%F %a %u %g' "$1" 2>&1)" ] || return 1
    if [ -L "$1" ]; then [ "$(readlink "$1")" = "$(readlink "files$1")" ]; else cmp -s "files$1" "$1"; fi
}
# A disk that cannot be written to: the rules go back all the same.
cd "$guard.restoring" 2>/dev/null || { cd "$guard" && stuck "$guard"; } || exit 1
[ ! -f paths ] || while read -r path; do
    if [ -e "files$path" ] || [ -L "files$path" ]; then
        same "$path" && continue
        mkdir -p "${path%/*}" && cp -a "files$path" "$path.socle-guard" &&
            mv -fT "$path.socle-guard" "$path" && continue
        rm -f "$path.socle-guard" # no space left, perhaps
        stuck "$path"
    else
        rm -f "$path" || stuck "$path"
    fi
done <paths
# Of units, what the change itself enabled: a package that comes meanwhile enables its own.
for link in $(find /etc/systemd/system -type l | sort); do
    grep -qxF "$link" links || ! grep -qxF "/etc/systemd/system/${link##*/}" paths || rm -f "$link" || stuck "$link"
done
[ ! -f table-names ] || while read -r family name; do
    [ -s "tables/$family.$name" ] || command -v nft >/dev/null || continue
    { echo "table $family $name"; echo "delete table $family $name"; cat "tables/$family.$name"; } | nft -f - ||
        stuck "table $family $name"
done <table-names
systemctl daemon-reload || stuck "systemd's units"
while read -r unit; do
    ! systemctl --quiet is-active "$unit" || systemctl try-reload-or-restart "$unit" || stuck "$unit"
done <reload
# After this no change of that run's is begun any more.
[ -n "$stuck" ] || [ ! -e run ] || mv -f run "${guard%/*}/undone" || stuck "${guard%/*}/undone"
if [ -n "$stuck" ]; then # all of it once more, by the timer, also after a restart, and by the next run
    echo "$stuck" >stuck
    logger -t socle-guard "an unconfirmed change is not undone: could not put back $stuck; this is tried again"
    sed -i "s/^OnActiveSec=.*/OnActiveSec=300s/" /etc/systemd/system/socle-guard.timer
    systemctl daemon-reload
    systemctl --quiet --no-reload enable socle-guard.timer
    systemctl --no-block restart socle-guard.timer
    exit 1
fi
logger -t socle-guard "unconfirmed change undone: the previous state is back"
systemctl --quiet --no-reload disable --now socle-guard.timer 2>/dev/null
rm -f /etc/systemd/system/socle-guard.service /etc/systemd/system/socle-guard.timer
systemctl daemon-reload
cd / && rm -rf "$guard.restoring" "$guard-restore"
RESTORE
}

# Undo the change now instead of waiting for the timer. Fails, and says what, if some of it stays.
guard_back() {
    systemctl start socle-guard.service 2>/dev/null || :
    [ -d "$guard" ] || [ -d "$guard.restoring" ] || return 0
    stuck=$(cat "$guard.restoring/stuck" 2>/dev/null || :)
    echo "a change was not confirmed, and the host cannot put back ${stuck:-all of it}: remove what is in" \
        "the way (journalctl -u socle-guard tells what), then run again" >&2
    return 1
}

# Succeeds within a proof; begins one where none runs. For SECONDS at most our rules let established
# packets pass only where a flow declares them, as after a restart (firewall.nft); connection tracking
# keeps what it knows, and the kernel itself ends the proof.
guard_prove() {
    { [ -n "$1" ] && nft list set inet socle proof >/dev/null 2>&1; } || return 0 # no rules of ours
    ! nft get element inet socle proof '{ ipv4 }' >/dev/null 2>&1 || return 0
    # In the background, after the answer: what is proved may end the connection that asks for it.
    echo "the proof begins" >&2
    echo "add element inet socle proof { ipv4 timeout ${1}s, ipv6 timeout ${1}s }" |
        setsid sh -c 'sleep 0.3; exec nft -f -' >/dev/null 2>&1 &
    exit 5
}

guard_end_proof() {
    nft flush set inet socle proof 2>/dev/null || :
}

guard_disarm() {
    run=$1
    if [ ! -d "$guard" ]; then
        ! grep -qxF "$run" "$confirmed" 2>/dev/null || return 0 # the answer was lost, not the state
        guard_gone_back
    fi
    [ "$(cat "$guard/run")" = "$run" ] || { echo "another run has begun on this host" >&2; exit 4; }
    guard_prove "$2"
    install -d -m 700 "${confirmed%/*}"
    echo "$run" >"$confirmed.new"
    mv "$guard" "$guard.done" 2>/dev/null || guard_gone_back
    mv "$confirmed.new" "$confirmed"
    guard_end_proof
    guard_clear
}

guard_reached() {
    guard_prove "$2"
    guard_end_proof
}

guard_gone_back() {
    [ ! -d "$guard.restoring" ] || guard_back || exit 3
    echo "the host has already gone back to its previous state" >&2
    exit 3
}

guard_clear() {
    systemctl --quiet --no-reload disable --now socle-guard.timer 2>/dev/null || :
    rm -f "$units"/socle-guard.service* "$units"/socle-guard.timer*
    systemctl daemon-reload
    rm -rf "$guard.done" "$guard.new" "$guard.trial" "$guard-restore" "$guard-restore.new"
}

# Whether a former run left something: a change unconfirmed, undone by half, or a piece of the guard.
guard_left() {
    for piece in "$guard" "$guard".* "$guard"-restore* "$units"/socle-guard.*; do
        [ ! -e "$piece" ] || return 0
    done
    return 1
}

# States that a killed run, a restart, a full disk or a lost file leave: a copy begun (.new), units
# that were being tried (.trial), a confirmation not tidied (.done), a restoration not finished
# (.restoring), units without a copy, a copy without its timer.
guard_mend() {
    guard_left || return 0
    rm -rf "$guard.new" "$guard.done" "$guard.trial"
    if [ -d "$guard.restoring" ]; then # wait for the host to be back where it was
        (guard_units "$guard.restoring") 2>/dev/null || : # a full disk: with the units that it has
        guard_back || exit 1
    fi
    if [ -d "$guard" ]; then # this run, which got in, answers for it from now on, up to its end
        echo "$1" >"$guard/run"
        echo "$longest" >"$guard/seconds"
        guard_units "$guard"
        guard_watch
    else
        guard_clear
    fi
}
