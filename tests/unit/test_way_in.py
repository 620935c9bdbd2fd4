"""What would keep the operator out after a restart: the connection in use and what carries it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from socle.baseline.tunnels import leased, outer_packets, tunnels
from socle.baseline.way_in import missing

ROOT = Path(__file__).parents[2]
OPERATOR, END = "10.99.0.1", "203.0.113.5"


def rule(port, peer=None, protocol="udp", users=()):
    """A resolved flow; without a peer for anybody."""
    return {
        "protocol": protocol,
        "ports": [str(port)],
        "any": peer is None,
        "ipv4": [peer] if peer else [],
        "ipv6": [],
        "users": list(users),
    }


SSH = rule(22, OPERATOR, "tcp")


def link(name, kind="", **data):
    info = {"linkinfo": {"info_kind": kind, "info_data": data}} if kind else {}
    return "link " + json.dumps([{"ifname": name, **info}])


def asked(inbound, outbound=(), path=(), port=22):
    found = missing(inbound, outbound, client=OPERATOR, port=port, path=path, host="accueil")
    return f"{found.why}. {found.advice}" if found else ""


VXLAN = (f"to {OPERATOR}", link("vx0", "vxlan", remote=END, port=4789), f"to {END}", link("eth0"))


def test_a_plain_network_needs_nothing_more():
    assert asked([SSH], path=(f"to {OPERATOR}", link("eth0"))) == ""


def test_the_operators_own_flow():
    assert "no inbound flow lets 10.99.0.1 reach port 22/tcp" in asked([])
    elsewhere = asked([rule(22, "10.1.1.1", "tcp")])
    assert elsewhere.endswith("Add it to firewall_peers.administration in the practice's "
                              "group_vars/all.yml.")  # fmt: skip


def test_sshd_on_another_port_is_answered_with_the_flow_to_declare():
    assert asked([SSH], port=2222).endswith(
        "- {name: administration-port-2222, direction: in, protocol: tcp, ports: [2222], "
        'peers: ["10.99.0.1"], hosts: [accueil], purpose: "Administration par le prestataire"}'
    )


@pytest.mark.parametrize(
    ("inbound", "outbound", "said"),
    [
        ([], [], "no inbound flow lets 203.0.113.5 reach port 4789/udp"),
        ([rule(4789, "203.0.113.6")], [], "no inbound flow lets 203.0.113.5"),
        ([rule(4789, END)], [], "no outbound flow leads to port 4789/udp of 203.0.113.5"),
        ([rule(4789, END)], [rule(4789, END, users=["root"])], "no outbound flow"),
        ([rule(4789, END)], [rule(4789, END)], ""),
    ],
)
def test_vxlan_needs_a_flow_in_each_direction(inbound, outbound, said):
    found = asked([SSH, *inbound], outbound, VXLAN)
    assert said in found
    assert bool(said) == bool(found)
    assert not found or "through vx0 (vxlan), and after a restart" in found


@pytest.mark.parametrize(
    ("keepalive", "inbound", "outbound", "said"),
    [
        ("off", [], [], "no flow lets 203.0.113.5 reach port 51820/udp. Add"),
        ("off", [], [rule(51821, END)], "no flow lets 203.0.113.5 reach port 51820/udp. Add"),
        ("25", [], [], "nor this host reach port 51821/udp of 203.0.113.5. Add"),
        ("25", [], [rule(51821, END)], ""),
        ("off", [rule(51820)], [], ""),
    ],
)
def test_wireguard_needs_one_side_that_starts(keepalive, inbound, outbound, said):
    path = (
        f"to {OPERATOR}",
        link("wg0", "wireguard"),
        "wg wg0 51820",
        f"wgpeer wg0 {END}:51821 {keepalive} 10.99.0.0/24",
        "wgpeer wg0 198.51.100.9:51821 off 10.98.0.0/24",
    )
    found = asked([SSH, *inbound], outbound, path)
    assert said in found
    assert bool(said) == bool(found)


def test_tunnels_in_tunnels_are_all_asked():
    path = (
        f"to {OPERATOR}",
        link("vx0", "vxlan", remote="10.98.0.1", port=4789),
        "to 10.98.0.1",
        link("wg0", "wireguard"),
        "wg wg0 51820",
        f"wgpeer wg0 {END}:51821 off 10.98.0.0/24",
    )
    inner = rule(4789, "10.98.0.1")
    assert "wg0 (wireguard)" in asked([SSH, inner], [inner], path)
    assert asked([SSH, inner, rule(51820, END)], [inner], path) == ""


def test_what_no_flow_can_let_in():
    path = (f"to {OPERATOR}", link("gre1", "gre", remote=END))
    assert "Administer this host over another path" in asked([SSH], path=path)


LEASED = (f"to {OPERATOR}", "leased fd77::9", link("eth0"))
ASKS, ANSWERS = rule(547), {**rule(546), "any": False, "ipv6": ["fe80::/10"]}


@pytest.mark.parametrize(
    ("inbound", "outbound", "said"),
    [
        ([ANSWERS], [], "no outbound flow leads to port 547/udp of ff02::1:2"),
        ([ANSWERS], [rule(547, END)], "no outbound flow"),
        ([ANSWERS], [rule(547, users=["root"])], "no outbound flow"),
        ([], [ASKS], "no inbound flow lets its server answer port 546/udp"),
        ([rule(546, END)], [ASKS], "no inbound flow"),
        ([{**ANSWERS, "ipv6": ["2001:db8::/64"]}], [ASKS], "no inbound flow"),
        ([{**ANSWERS, "ipv6": ["fe80::7"]}], [ASKS], ""),
        ([ANSWERS], [ASKS], ""),
    ],
)
def test_an_address_that_dhcpv6_has_to_renew(inbound, outbound, said):
    found = asked([SSH, *inbound], outbound, LEASED)
    assert said in found
    assert bool(said) == bool(found)
    assert not found or found.startswith("fd77::9, an address in use, is leased by DHCPv6, and no")
    assert asked([SSH], path=LEASED[::2]) == ""


def test_the_flows_to_declare_are_those_of_the_baseline():
    """Whoever adds what a refusal asks for is let in by it."""
    for outbound, name in (((), "dhcpv6"), ([ASKS], "dhcpv6-reponse")):
        advice = asked([SSH], outbound, LEASED)
        flow = yaml.safe_load(advice.partition("all.yml: ")[2])[0]
        baseline = yaml.safe_load((ROOT / "group_vars/all.yml").read_text())["firewall_flows"]
        same = next(one for one in baseline if one["name"] == name)
        assert {**same, "hosts": ["accueil"], "purpose": flow["purpose"]} == flow


def test_a_program_behind_a_tun_device_is_named_and_left_to_the_proof():
    path = (
        f"to {OPERATOR}",
        link("tailscale0", "tun", type="tun"),
        "program tailscale0 tailscaled",
    )
    assert asked([SSH], path=path) == ""
    assert tunnels(path) == ["tailscale0 (tailscaled)"]


@pytest.mark.parametrize(
    "line",
    [
        "link",
        "link [[[",
        "link " + "[" * 100_000,
        'link [1, {"ifname": 3}, {"ifname": "x", "linkinfo": []}]',
        'link [{"ifname": "\\u001b]0;x", "linkinfo": {"info_kind": "vxlan", "info_data": {}}}]',
        "wg wg0",
        "wgpeer wg0",
        "program x \x1b[31m",
        "leased",
        "leased fd77::9 \x1b[31m",
        "to",
    ],
)
def test_a_host_that_lies_says_nothing(line):
    assert list(outer_packets([line])) == []
    assert tunnels([line]) == leased([line]) == []
