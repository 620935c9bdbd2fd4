"""What a removal takes along, and what it must not."""

from __future__ import annotations

import pytest

from socle.baseline.removals import refusal, removal, shown

SSH = ["remove openssh-client", "remove openssh-server", "manual openssh-server"]


def test_the_way_in_is_never_taken_along():
    found = removal(SSH, ["openssh-client"])
    assert refusal(found) == (
        "removing openssh-client would take openssh-server along, which is needed"
    )


def test_what_goes_along_is_shown():
    found = removal(["remove rpcbind", "remove nfs-common"], ["rpcbind", "nis"])
    assert refusal(found) == ""
    assert shown(found) == [
        "- package rpcbind",
        "- package nfs-common, taken along by rpcbind",
    ]


def test_what_somebody_installed_by_name_stays():
    found = removal(["remove rpcbind", "remove nfs-common", "manual nfs-common"], ["rpcbind"])
    assert "take nfs-common along, which somebody installed by name" in refusal(found)
    both = ["rpcbind", "nfs-common"]
    assert refusal(removal(["remove rpcbind", "remove nfs-common"], both)) == ""


@pytest.mark.parametrize(
    ("package", "unit"),
    [
        ("network-manager", "NetworkManager.service"),
        ("wireguard-tools", "wg-quick@wg0.service"),
        ("tailscale", "tailscaled.service"),
    ],
)
def test_what_carries_the_network_stays_while_it_does(package, unit):
    lines = [f"remove {package}"]
    assert refusal(removal(lines, [package])) == ""
    assert f"take {package} away" in refusal(removal([*lines, f"active {unit}"], [package]))


def test_apt_that_cannot_tell_removes_nothing():
    found = removal(["error Unmet dependencies"], ["rpcbind"])
    assert refusal(found) == "apt cannot tell what it would remove: Unmet dependencies"


def test_what_is_no_answer_is_left_out():
    assert removal(["remove a b", "remove \x1b[0m", "Inst x"], ["a"]) == removal([], ["a"])
