"""The lab's pure parts: names, addresses, files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from socle.lab import Lab, LabError, Machine, Network, requirements
from socle.lab.cgroups import folders
from socle.lab.contents import Surroundings, files, hosts_file, known_hosts, network_file
from socle.lab.folders import remove
from socle.lab.images import IMAGES, MAY_LOCK_MEMORY, Image, image_key
from socle.lab.network import outer_end, rules

NETWORK = Network("socle-unit", ("10.77.19.1/24", "fd77:19::1/64"))
ACCUEIL = Machine("accueil", "trixie", ("10.77.19.21", "fd77:19::21"))
VISITEUR = Machine("visiteur", "bookworm", ("10.77.19.99",))
LAB = Lab("unit", Path("build/unit"), NETWORK, (ACCUEIL, VISITEUR))
AROUND = Surroundings("PRIVATE\n", "ssh-ed25519 HOST accueil\n", "ssh-ed25519 ADM\n", "")


def test_an_image_s_key_follows_what_it_is_made_of() -> None:
    def key(suite="trixie", packages=("a", "b"), recipe="x", authorities=("ca",), more=("d",)):
        return image_key("poste", Image(suite, packages, recipe), more, authorities)

    assert key().startswith("poste-")
    assert key() == key(packages=("b", "a"))
    others = {key(suite="bookworm"), key(packages=("ab",)), key(recipe="y"), key(authorities=())}
    assert len(others | {key(), key(more=())}) == 6


def test_only_desktops_may_lock_memory() -> None:
    assert [n for n, i in IMAGES.items() if MAY_LOCK_MEMORY in i.nspawn] == ["trixie-desktop"]


def test_the_prefix_length_comes_from_the_gateway() -> None:
    assert network_file(ACCUEIL, *LAB.legs(ACCUEIL)).splitlines()[-4:] == [
        "Address=10.77.19.21/24",
        "Address=fd77:19::21/64",
        "Gateway=10.77.19.1",
        "Gateway=fd77:19::1",
    ]
    assert "fd77" not in network_file(VISITEUR, *LAB.legs(VISITEUR))


def test_known_hosts_has_every_name_and_address() -> None:
    keys = {"accueil": "ssh-ed25519 AAAA accueil\n", "visiteur": "ssh-ed25519 BBBB visiteur\n"}
    assert known_hosts(LAB, keys) == (
        "accueil,10.77.19.21,fd77:19::21 ssh-ed25519 AAAA\nvisiteur,10.77.19.99 ssh-ed25519 BBBB\n"
    )


def test_machines_know_each_other_s_names() -> None:
    assert hosts_file(LAB).splitlines()[2:] == [
        "10.77.19.21 accueil",
        "fd77:19::21 accueil",
        "10.77.19.99 visiteur",
    ]


def test_secrets_and_sudo_have_the_modes_their_readers_ask_for() -> None:
    modes = {path: file.mode for path, file in files(LAB, ACCUEIL, AROUND).items()}
    assert modes["etc/ssh/ssh_host_ed25519_key"] == 0o600
    assert modes["etc/sudoers.d/lab-administrator"] == 0o440
    assert modes["home/adm-socle/.ssh/authorized_keys"] == 0o600


def test_only_what_leaves_the_lab_is_masqueraded() -> None:
    assert rules(LAB).count("masquerade") == 1
    assert "ip saddr 10.77.19.0/24 ip daddr != { 10.77.19.0/24 } masquerade" in rules(LAB)


def test_a_box_stands_on_two_networks_and_is_others_router() -> None:
    internet = Network("socle-wan", ("198.18.19.1/24",))
    box = Machine("box", "bookworm", ("10.77.19.254", "198.18.19.2"), ("198.18.19.1",))
    behind = Machine("poste", "trixie", ("10.77.19.30",), ("10.77.19.254",))
    lab = Lab("box", Path("build/unit"), NETWORK, (box, behind), beyond=(internet,))
    within, outside = (network_file(box, leg).splitlines() for leg in lab.legs(box))
    assert (within[1], within[-1]) == ("Name=host0", "Address=10.77.19.254/24")
    assert [outside[1], *outside[-2:]] == [
        "Name=host1",
        "Address=198.18.19.2/24",
        "Gateway=198.18.19.1",
    ]
    assert network_file(behind, *lab.legs(behind)).splitlines()[-1] == "Gateway=10.77.19.254"
    assert len(outer_end(lab, box, lab.legs(box)[1])) <= 15
    # What a machine routes from one network to the other is not this computer's to change.
    assert rules(lab).count("ip daddr != { 10.77.19.0/24, 198.18.19.0/24 } masquerade") == 2


def test_a_tag_is_one_lab_s() -> None:
    elsewhere = Lab("unit", Path("build/other"), NETWORK, ())
    assert LAB.folder.is_absolute()
    assert LAB.tag != elsewhere.tag


def test_groups_are_made_where_systemd_looks() -> None:
    hybrid = (
        "cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\n"
        "cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0\n"
        "cgroup /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
    )
    parents = [str(folder.parent) for folder in folders("0123456789", "accueil", hybrid)]
    assert parents == ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]


def test_a_folder_deeper_than_any_path_is_removed(
    tmp_path: Path, deep_folder: Callable[[Path, int], None]
) -> None:
    deep_folder(tmp_path / "d", 3000)
    remove(tmp_path / "d")
    remove(tmp_path / "d")  # an interrupted end is run again
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda: Network("a-name-that-is-too-long", ("10.0.0.1/24",)), "a bridge name"),
        (lambda: Network("br", ("10.0.0.1",)), "prefix length"),
        (lambda: Network("br", ("10.0.0.300/24",)), "10.0.0.300"),
        (lambda: Machine("Accueil", "trixie", ("10.0.0.2",)), "a machine name"),
        (lambda: Machine("accueil", "sid", ("10.0.0.2",)), "image sid"),
        (lambda: Machine("accueil", "trixie", ()), "no address"),
        (lambda: Lab("l", Path(), NETWORK, (), administrator="a b"), "a Unix account"),
        (lambda: Lab("l", Path(), NETWORK, (ACCUEIL, ACCUEIL)), "used twice: 10.77.19.21, accueil"),
        (lambda: LAB.machine("absent"), "no machine absent"),
        (
            lambda: Lab("l", Path(), NETWORK, (Machine("a", "trixie", ("10.9.9.9",)),)),
            "outside network",
        ),
    ],
)
def test_a_mistake_is_told(mistake, said: str) -> None:
    with pytest.raises(LabError, match=said):
        mistake()


def test_what_is_missing_is_told_in_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socle.lab.needs.which", lambda program: program != "nft")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    first, *rest = requirements()
    assert first.startswith("root")
    assert "nft (Debian package nftables)" in rest
