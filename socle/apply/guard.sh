#!/bin/sh
# The way back, armed on the host itself before a change that can cut access.
#   arm SECONDS TABLES UNITS PATH...   TABLES, UNITS: comma-separated, may be empty
#   disarm                             exit 3: too late, the host has restored itself
# Sourced in front of a changing script, or run alone. Needs root.
set -eu
guard=/var/lib/socle/guard
units=/etc/systemd/system

guard_arm() {
    seconds=$1 tables=$2 reload=$3
    shift 3
    if [ -d "$guard.restoring" ]; then # wait for the host to be back where it was
        systemctl start socle-guard.service
    fi
    if [ -d "$guard" ]; then # a former run was not confirmed: its older state stays the way back
        systemctl restart socle-guard.timer
        return
    fi
    umask 077
    new=$guard.new
    rm -rf "$new" "$guard.done"
    mkdir -p "$new/files" "$new/tables"
    printf '%s\n' "$reload" | tr , '\n' >"$new/reload"
    for path; do
        printf '%s\n' "$path" >>"$new/paths"
        [ -e "$path" ] || [ -L "$path" ] || continue
        mkdir -p "$new/files${path%/*}"
        cp -a "$path" "$new/files$path"
    done
    find "$units" -type l | sort >"$new/links"
    printf '%s\n' "$tables" | tr , '\n' | while read -r family name; do
        [ -n "$name" ] || continue
        echo "$family $name" >>"$new/table-names"
        nft list table "$family" "$name" >"$new/tables/$family.$name" 2>/dev/null || :
    done
    guard_restore_script >"$guard-restore"
    cat >"$units/socle-guard.service" <<UNIT
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
ReadWritePaths=${guard%/*} $units
$(for path; do echo "ReadWritePaths=-${path%/*}"; done | sort -u)
UNIT
    cat >"$units/socle-guard.timer" <<UNIT
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
    mv "$new" "$guard"
    sync -f "$guard"
    systemctl daemon-reload
    systemctl --quiet enable --now socle-guard.timer 2>/dev/null
}

guard_restore_script() {
    cat <<'RESTORE'
# Written by Socle: puts the host back as it was before the change. Run by socle-guard.service.
guard=/var/lib/socle/guard
# An interrupted restoration goes on; without either folder the change was confirmed in time.
[ -d "$guard.restoring" ] || mv "$guard" "$guard.restoring" 2>/dev/null || exit 0
cd "$guard.restoring" || exit 1
while read -r path; do
    if [ -e "files$path" ] || [ -L "files$path" ]; then
        cp -a "files$path" "$path.socle-guard" && mv -fT "$path.socle-guard" "$path" ||
            rm -f "$path.socle-guard" # no space left: what is there stays
    else
        rm -f "$path"
    fi
done <paths
find /etc/systemd/system -type l | sort | while read -r link; do
    grep -qxF "$link" links || [ "${link##*/}" = socle-guard.timer ] || rm -f "$link"
done
[ ! -f table-names ] || while read -r family name; do
    { echo "table $family $name"; echo "delete table $family $name"; cat "tables/$family.$name"; } | nft -f -
done <table-names
systemctl daemon-reload
while read -r unit; do
    [ -z "$unit" ] || systemctl try-reload-or-restart "$unit"
done <reload
logger -t socle-guard "unconfirmed change undone: the previous state is back"
systemctl --quiet disable --now socle-guard.timer 2>/dev/null
rm -f /etc/systemd/system/socle-guard.service /etc/systemd/system/socle-guard.timer
systemctl daemon-reload
cd / && rm -rf "$guard.restoring" "$guard-restore"
RESTORE
}

guard_disarm() {
    if ! mv "$guard" "$guard.done" 2>/dev/null; then
        echo "the host has already gone back to its previous state" >&2
        exit 3
    fi
    systemctl --quiet disable --now socle-guard.timer 2>/dev/null || :
    rm -f "$units/socle-guard.service" "$units/socle-guard.timer"
    systemctl daemon-reload
    rm -rf "$guard.done" "$guard-restore"
}
