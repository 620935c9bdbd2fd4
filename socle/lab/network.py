"""The lab's bridges on this computer, their way out, and names asked of the gateway.

Nothing here belongs to anybody else.
"""

from __future__ import annotations

import json
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

from socle.lab.commands import call
from socle.lab.errors import LabError
from socle.lab.spec import Lab, Leg, Machine, Network
from socle.lab.surroundings import name_server

_ALIAS = "socle lab"
"""What bridges of labs have as `ip link` alias, whichever checkout made them."""


def up(lab: Lab) -> None:
    """Bridge, addresses, masquerade. Run again, it changes nothing.

    A bridge that a lab of another checkout left without machines is replaced. ``LabError`` for any
    other interface of that name, and when another interface is on the same network.
    """
    for network in lab.networks:
        _bridge(lab, network)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")
    call(["nft", "-f", "-"], stdin=rules(lab))
    _let_through(lab)


def down(lab: Lab) -> None:
    """Remove what ``up`` made, whatever of it is there."""
    call(["nft", "-f", "-"], stdin=f"table ip {_table(lab)}\ndelete table ip {_table(lab)}\n")
    for chain, handle in _our_rules(lab):
        call(["nft", "delete", "rule", *chain, "handle", str(handle)])
    for network in lab.networks:
        if _link(network.bridge) == _mac(lab):
            call(["ip", "link", "delete", "dev", network.bridge])


def is_up(lab: Lab) -> bool:
    """True when the lab's own bridges are there."""
    return all(_link(network.bridge) == _mac(lab) for network in lab.networks)


def outer_end(lab: Lab, machine: Machine, leg: Leg) -> str:
    """What this computer calls its end of a machine's further interface (15 characters)."""
    return f"sl{lab.tag[:6]}{lab.machines.index(machine)}-{leg.interface}"


def plug(lab: Lab, machine: Machine) -> None:
    """Put a machine's further interfaces on their bridges: each boot makes them anew."""
    for leg in lab.legs(machine)[1:]:
        end = outer_end(lab, machine, leg)
        shown = call(["ip", "-json", "link", "show", "dev", end], check=False)
        if shown.returncode == 0 and "master" not in json.loads(shown.stdout)[0]:
            call(["ip", "link", "set", "dev", end, "master", leg.network.bridge, "up"])


def _bridge(lab: Lab, network: Network) -> None:
    bridge = network.bridge
    there = _link(bridge)
    if there != _mac(lab):
        if there is not None and not _forsaken(bridge):
            raise LabError(
                f"network interface {bridge} exists and is not this lab's ({lab.folder}): "
                f"name another bridge, or remove it with `ip link delete {bridge}`"
            )
        if there is not None:
            call(["ip", "link", "delete", "dev", bridge])
            table = f"socle_lab_{there.replace(':', '')[2:]}"
            call(["nft", "-f", "-"], stdin=f"table ip {table}\ndelete table ip {table}\n")
        _refuse_overlap(lab, network)
        # The address marks the bridge as ours in the same step that makes it. It also stays the
        # same when machines come and go, so that nobody's neighbour table goes stale.
        call(["ip", "link", "add", "name", bridge, "address", _mac(lab), "type", "bridge",
              "stp_state", "0", "mcast_snooping", "0"])  # fmt: skip
        call(["ip", "link", "set", "dev", bridge, "alias", _ALIAS])
    for gateway in network.interfaces:
        nodad = ["nodad"] if gateway.version == 6 else []  # noqa: PLR2004 (IP version)
        call(["ip", "address", "replace", gateway.with_prefixlen, "dev", bridge, *nodad])
    call(["ip", "link", "set", "dev", bridge, "up"])


def rules(lab: Lab) -> str:
    """The lab's own nftables table, replaced in one transaction.

    Frames between two machines cross these hooks too where ``bridge-nf-call-iptables`` is 1:
    they keep their source address, also those that a machine routed from one network to another.
    """
    table = _table(lab)
    inside = [
        str(gateway.network)
        for network in lab.networks
        for gateway in network.interfaces
        if gateway.version == 4  # noqa: PLR2004 (IP version)
    ]
    within = ", ".join(inside)
    lines = [f"ip saddr {one} ip daddr != {{ {within} }} masquerade" for one in inside]
    body = "\n".join(f"        {line}" for line in lines)
    server = name_server()
    names = "\n".join(
        f"        iifname {network.bridge} ip daddr {gateway.ip} meta l4proto {{ tcp, udp }} "
        f"th dport 53 dnat to {server}"
        for network in lab.networks
        for gateway in network.interfaces
        if server and gateway.version == 4  # noqa: PLR2004 (IP version)
    )
    return f"""\
table ip {table}
delete table ip {table}
table ip {table} {{
    chain prerouting {{
        type nat hook prerouting priority dstnat; policy accept;
{names}
    }}
    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
{body}
    }}
}}
"""


def _refuse_overlap(lab: Lab, network: Network) -> None:
    """Two interfaces on one network: half of the answers would leave by the wrong one."""
    links = json.loads(call(["ip", "-json", "address", "show"]).stdout)
    theirs = [
        (link["ifname"], ip_interface(f"{address['local']}/{address['prefixlen']}").network)
        for link in links
        for address in link["addr_info"]
    ]
    for gateway in network.interfaces:
        ours = gateway.network
        for interface, other in theirs:
            if ours.version == other.version and ours.overlaps(other):
                raise LabError(
                    f"network {ours} of lab {lab.name} is already there on {interface} "
                    f"({other}): take that lab down, or choose other addresses"
                )


def _let_through(lab: Lab) -> None:
    """Accept the bridge's traffic in forward chains of others that drop by default.

    Container engines set such a policy. It stops forwarded packets, and with
    ``bridge-nf-call-iptables`` even those from one machine to another. No table of ours can
    overrule it, so one commented rule goes to the top of each, and ``down`` takes it away.
    """
    table = _table(lab)
    ours = {chain for chain, _ in _our_rules(lab)}
    for chain in _dropping_chains():
        if chain in ours:
            continue
        lines = [
            f'insert rule {" ".join(chain)} {side} {network.bridge} accept comment "{table}"\n'
            for network in lab.networks
            for side in ("iifname", "oifname")
        ]
        call(["nft", "-f", "-"], stdin="".join(lines))


def _dropping_chains() -> list[tuple[str, str, str]]:
    """(family, table, chain) of the filter chains that drop forwarded packets by default."""
    return [
        (chain["family"], chain["table"], chain["name"])
        for chain in _ruleset("chain")
        if chain.get("hook") == "forward"
        and chain.get("policy") == "drop"
        and chain["family"] in ("ip", "ip6", "inet")
    ]


def _our_rules(lab: Lab) -> list[tuple[tuple[str, str, str], int]]:
    """Where ``_let_through`` put rules: chain and the rule's handle."""
    return [
        ((rule["family"], rule["table"], rule["chain"]), rule["handle"])
        for rule in _ruleset("rule")
        if rule.get("comment") == _table(lab)
    ]


def _ruleset(kind: str) -> list[dict[str, Any]]:
    everything = json.loads(call(["nft", "--json", "list", "ruleset"]).stdout)["nftables"]
    return [entry[kind] for entry in everything if kind in entry]


def _table(lab: Lab) -> str:
    return f"socle_lab_{lab.tag}"


def _mac(lab: Lab) -> str:
    """A locally administered address that carries the lab's tag."""
    digits = lab.tag
    return ":".join(["02", *(digits[i : i + 2] for i in range(0, 10, 2))])


def _link(bridge: str) -> str | None:
    """The hardware address of the interface that has the bridge's name, if there is one."""
    shown = call(["ip", "-json", "link", "show", "dev", bridge], check=False)
    return str(json.loads(shown.stdout)[0]["address"]) if shown.returncode == 0 else None


def _forsaken(bridge: str) -> bool:
    """Whether a lab made the bridge and no machine is on it: its checkout was killed or is gone."""
    shown = json.loads(call(["ip", "-json", "link", "show", "dev", bridge]).stdout)[0]
    members = json.loads(call(["ip", "-json", "link", "show", "master", bridge]).stdout)
    return shown.get("ifalias") == _ALIAS and not members
