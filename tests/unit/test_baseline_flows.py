"""Flows: how they may be written, and the addresses behind their peers."""
# ruff: noqa: E501 - whole messages, each on its line

from typing import Any

import pytest
from pydantic import ValidationError

from socle.baseline.flows import Flow, PeerAddresses, resolve_peers
from socle.baseline.settings import BadSettings

GOOD = {
    "name": "ntp",
    "direction": "out",
    "protocol": "udp",
    "ports": [123],
    "peers": ["any"],
    "purpose": "Mise à l'heure",
}


def test_defaults() -> None:
    flow = Flow(**GOOD)
    assert flow.hosts == ["all"]
    assert flow.asked_by is None


@pytest.mark.parametrize("ports", [[1], [65535], ["6000-6010", 22], ["1-1000"]])
def test_ports(ports: list[Any]) -> None:
    assert Flow(**{**GOOD, "ports": ports}).ports == ports


def test_an_account_s_own_flow_may_have_any_port() -> None:
    assert Flow(**{**GOOD, "users": ["root"], "ports": ["1-65535"]}).ports == ["1-65535"]


@pytest.mark.parametrize(
    "change",
    [
        {"users": ["root"], "direction": "in"},
        {"users": ["root; drop"]},
        {"users": ["root", "root"]},
        {"users": ["root"], "ports": ["1-65536"]},
        {"name": "Ntp"},
        {"name": "ntp-"},
        {"name": ""},
        {"direction": "both"},
        {"protocol": "icmp"},
        {"ports": []},
        {"ports": [0]},
        {"ports": [65536]},
        {"ports": ["22"]},
        {"ports": [True]},
        {"ports": [22.0]},
        {"ports": ["10-5"]},
        {"ports": ["5-5"]},
        {"ports": ["1-1001"]},
        {"ports": ["65000-65536"]},
        {"ports": [22, 22]},
        {"peers": []},
        {"peers": [""]},
        {"peers": ["any", "any"]},
        {"hosts": []},
        {"purpose": "x"},
        {"comment": "x"},
    ],
)
def test_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Flow(**{**GOOD, **change})


def test_applies_to_names_and_groups(toy: Any) -> None:
    hosts = toy.load().hosts
    flow = Flow(**{**GOOD, "hosts": ["servers", "desk"]})
    assert [name for name, host in hosts.items() if flow.applies_to(host)] == ["desk", "store"]


NAMED = {
    "box": ["10.0.0.1", "fe80::1"],
    "vendors": ["198.51.100.0/25", "198.51.100.128/25", "workstations"],
    "world": ["any"],
    "broken": ["nowhere"],
}


@pytest.mark.parametrize(
    ("peers", "expected"),
    [
        (["any"], PeerAddresses(any=True)),
        (["any", "desk"], PeerAddresses(any=True)),
        (["world"], PeerAddresses(any=True)),
        (["desk"], PeerAddresses(any=False, ipv4=("192.0.2.1",))),
        (
            ["lab", "desk", "192.0.2.1"],
            PeerAddresses(any=False, ipv4=("192.0.2.1", "192.0.2.2"), ipv6=("2001:db8::2",)),
        ),
        (["imaging_servers"], PeerAddresses(any=False)),
        (["box"], PeerAddresses(any=False, ipv4=("10.0.0.1",), ipv6=("fe80::1",))),
        (
            ["vendors", "198.51.100.7"],
            PeerAddresses(
                any=False,
                ipv4=("192.0.2.1", "192.0.2.2", "198.51.100.0/24"),
                ipv6=("2001:db8::2",),
            ),
        ),
        (["0.0.0.0/0"], PeerAddresses(any=False, ipv4=("0.0.0.0/0",))),
        (["2001:DB8::/33", "2001:db8:8000::/33"], PeerAddresses(any=False, ipv6=("2001:db8::/32",))),
    ],
)  # fmt: skip
def test_addresses(toy: Any, peers: list[str], expected: PeerAddresses) -> None:
    assert resolve_peers(peers, toy.load(), NAMED) == expected


def refused(toy: Any, peers: list[str], named: dict[str, list[str]]) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        resolve_peers(peers, toy.load(), named)
    return str(caught.value).splitlines()


def test_every_bad_word_is_named(toy: Any) -> None:
    words = "all, any, backup_servers, desk, imaging_servers, lab, servers, store, workstations"
    assert refused(toy, ["any", "desc", "printer9", "10.0.0.1/8", "10.0.0", "fe80::x"], {}) == [
        f'1: expected an address, a network, or one of: {words}; did you mean desk?, read "desc"',
        f'2: expected an address, a network, or one of: {words}, read "printer9"',
        '3: expected a network without host bits: 10.0.0.0/8, read "10.0.0.1/8"',
        '4: expected an IP address, or a network such as 192.168.1.0/24, read "10.0.0"',
        '5: expected an IP address, or a network such as 192.168.1.0/24, read "fe80::x"',
    ]


def test_a_set_with_a_bad_member_or_two_meanings(toy: Any) -> None:
    first, second = refused(toy, ["broken", "desk"], {**NAMED, "desk": ["10.0.0.1"]})
    assert first.endswith('(the set broken has "nowhere"), read "broken"')
    meaning = "one meaning: desk is a set of peers and also a host or group"
    assert second == f'1: expected {meaning}, read "desk"'


def test_a_host_without_address(toy: Any) -> None:
    toy.write("hosts.yml", "all: {children: {workstations: {hosts: {desk: }}}}\n")
    wanted = "a host with an address: give desk its socle_addresses"
    assert refused(toy, ["desk"], {}) == [f'0: expected {wanted}, read "desk"']
