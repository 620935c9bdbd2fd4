#!/bin/sh
# Prints what carries the packets to the operator, where that is a tunnel, and which addresses hang
# on a lease; read-only, for root. Sourced: path "the words of connection.sh". One line each, the
# outermost device last:
#   to ADDRESS                what is sought from here on: first the operator, then a tunnel's end
#   leased ADDRESS            this host's end of it, which ends unless DHCPv6 renews it
#   link JSON                 ip's description of a device on the path
#   wg DEVICE PORT            WireGuard: the port that the device listens on
#   wgpeer DEVICE ENDPOINT KEEPALIVE NETWORK,NETWORK   and its peers (never a key)
#   program DEVICE NAME       the program behind a tun device (Tailscale, OpenVPN)
path() {
    to=${1%% *} own=${1#* * } steps=0
    own=${own%% *}
    while [ -n "$to" ] && [ "$steps" -lt 6 ]; do
        steps=$((steps + 1))
        echo "to $to"
        route=$(ip -o route get "$to" 2>/dev/null)
        path_leased "${own:-$(echo "$route" | sed -n 's/.* src \([^ ]*\).*/\1/p')}"
        own=
        to=$(path_device "$(echo "$route" | sed -n 's/.* dev \([^ ]*\).*/\1/p')")
    done 3>&1
}

# Router advertisements make addresses, too (mngtmpaddr, temporary); they need no flow. Nor does
# DHCPv4: its clients go past the packet filter (packet sockets) before a lease ends.
path_leased() {
    case $1 in *:*) ;; *) return 0 ;; esac
    ip -oneline -6 address show to "$1" 2>/dev/null | grep ' dynamic' |
        grep -Evq ' (mngtmpaddr|temporary)' || return 0
    # A client listens at port 546, 0x222.
    ! grep -Eqs '^ *[0-9]+: [0-9A-F]+:0222 ' /proc/net/udp6 || echo "leased $1"
}

# path_device DEVICE: describes it and what is below it to 3; prints the address that is sought next.
path_device() {
    below=$1
    while [ -n "$below" ]; do
        json=$(ip -json -details link show dev "$below" 2>/dev/null | tr -d '\n')
        [ -n "$json" ] || return 0
        echo "link $json" >&3
        kind=$(ip -details -oneline link show dev "$below" | path_kind)
        case $kind in
        wireguard) path_wireguard "$below" && return ;;
        tun) path_program "$below" ;;
        esac
        ip -details -oneline link show dev "$below" |
            sed -n 's/.* \(vxlan\|geneve\|gre\|gretap\|ip6gre\|ipip\|sit\|ip6tnl\) .*remote \([^ ]*\).*/\2/p'
        case $kind in
        bridge) below=$(path_port "$below") ;;
        vlan | macvlan | ipvlan) below=$(path_lower "$below") ;;
        *) below= ;;
        esac
    done
}

path_kind() {
    grep -Eo ' (wireguard|tun|bridge|vlan|macvlan|ipvlan) ' | head -n 1 | tr -d ' '
}

# The device below a VLAN's or a macvlan's: "eth0.10@eth0".
path_lower() {
    ip -oneline link show dev "$1" | sed -n 's/^[0-9]*: [^@:]*@\([^:]*\):.*/\1/p'
}

# The port of a bridge behind which the neighbour is.
path_port() {
    mac=$(ip neigh show "$to" dev "$1" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
    [ -z "$mac" ] || bridge fdb show br "$1" | sed -n "s/^$mac dev \([^ ]*\).*/\1/p" | head -n 1
}

path_wireguard() {
    command -v wg >/dev/null || return 1
    echo "wg $1 $(wg show "$1" listen-port)" >&3
    wg show "$1" dump | tail -n +2 | while read -r _ _ endpoint networks _ _ _ keepalive; do
        echo "wgpeer $1 $endpoint $keepalive $networks" >&3
    done
    # The next device is the one to the peer that owns the address, or to the only one.
    wg show "$1" dump | tail -n +2 | cut -f 3,4 | { grep -F "$to/" || wg show "$1" dump | tail -n +2 | cut -f 3,4; } |
        sed -n '1s/^\(.*\):[0-9]*\t.*/\1/p' | tr -d '[]'
}

# Asks the system's processes alone, and not for long: people may hold any number of files open. A
# tunnel without a name is still known.
path_program() {
    info=$(find /proc -maxdepth 1 -name '[0-9]*' -uid -1000 -printf '%p/fdinfo\n' |
        timeout 5 xargs -r grep -rls "^iff:[[:space:]]*$1\$" | head -n 1)
    pid=${info#/proc/}
    [ -z "$pid" ] || echo "program $1 $(tr -cd 'A-Za-z0-9_.-' <"/proc/${pid%%/*}/comm")" >&3
}
