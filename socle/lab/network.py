"""The lab's bridge on this computer, its way out, and names asked of the gateway.

Nothing here belongs to anybody else.
"""

from __future__ import annotations

import json
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

from socle.lab.commands import call
from socle.lab.errors import LabError
from socle.lab.spec import Lab
from socle.lab.surroundings import name_server


def up(lab: Lab) -> None:
    """Bridge, addresses, masquerade. Run again, it changes nothing.

    ``LabError`` when an interface of that name exists and is not this lab's, or when another
    interface is on the same network.
    """
    bridge = lab.network.bridge
    if not is_up(lab):
        if _link(lab) is not None:
            raise LabError(
                f"network interface {bridge} exists and is not this lab's ({lab.folder}): "
                f"name another bridge, or remove it with `ip link delete {bridge}`"
            )
        _refuse_overlap(lab)
        # The address marks the bridge as ours in the same step that makes it. It also stays the
        # same when machines come and go, so that nobody's neighbour table goes stale.
        call(["ip", "link", "add", "name", bridge, "address", _mac(lab), "type", "bridge",
              "stp_state", "0", "mcast_snooping", "0"])  # fmt: skip
    for gateway in lab.network.interfaces:
        nodad = ["nodad"] if gateway.version == 6 else []  # noqa: PLR2004 (IP version)
        call(["ip", "address", "replace", gateway.with_prefixlen, "dev", bridge, *nodad])
    call(["ip", "link", "set", "dev", bridge, "up"])
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")
    call(["nft", "-f", "-"], stdin=rules(lab))
    _let_through(lab)


def down(lab: Lab) -> None:
    """Remove what ``up`` made, whatever of it is there."""
    call(["nft", "-f", "-"], stdin=f"table ip {_table(lab)}\ndelete table ip {_table(lab)}\n")
    for chain, handle in _our_rules(lab):
        call(["nft", "delete", "rule", *chain, "handle", str(handle)])
    if is_up(lab):
        call(["ip", "link", "delete", "dev", lab.network.bridge])


def is_up(lab: Lab) -> bool:
    """True when the lab's own bridge is there."""
    return _link(lab) == _mac(lab)


def rules(lab: Lab) -> str:
    """The lab's own nftables table, replaced in one transaction.

    Frames between two machines cross these hooks too where ``bridge-nf-call-iptables`` is 1:
    they keep their source address.
    """
    table = _table(lab)
    lines = [
        f"ip saddr {gateway.network} ip daddr != {gateway.network} masquerade"
        for gateway in lab.network.interfaces
        if gateway.version == 4  # noqa: PLR2004 (IP version)
    ]
    body = "\n".join(f"        {line}" for line in lines)
    server = name_server()
    names = "\n".join(
        f"        iifname {lab.network.bridge} ip daddr {gateway.ip} meta l4proto {{ tcp, udp }} "
        f"th dport 53 dnat to {server}"
        for gateway in lab.network.interfaces
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


def _refuse_overlap(lab: Lab) -> None:
    """Two interfaces on one network: half of the answers would leave by the wrong one."""
    links = json.loads(call(["ip", "-json", "address", "show"]).stdout)
    theirs = [
        (link["ifname"], ip_interface(f"{address['local']}/{address['prefixlen']}").network)
        for link in links
        for address in link["addr_info"]
    ]
    for gateway in lab.network.interfaces:
        ours = gateway.network
        for interface, network in theirs:
            if ours.version == network.version and ours.overlaps(network):
                raise LabError(
                    f"network {ours} of lab {lab.name} is already there on {interface} "
                    f"({network}): take that lab down, or choose other addresses"
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
            f'insert rule {" ".join(chain)} {side} {lab.network.bridge} accept comment "{table}"\n'
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


def _link(lab: Lab) -> str | None:
    """The hardware address of the interface that has the bridge's name, if there is one."""
    shown = call(["ip", "-json", "link", "show", "dev", lab.network.bridge], check=False)
    return str(json.loads(shown.stdout)[0]["address"]) if shown.returncode == 0 else None
