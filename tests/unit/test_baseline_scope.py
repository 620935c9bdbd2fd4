"""Scope: no host, no address, no setting and no line of a file falls away in silence."""
# ruff: noqa: E501 - whole messages, each on its line

import subprocess
from pathlib import Path
from typing import Any

import pytest

from socle.baseline import words
from socle.baseline.loading import check_region
from socle.errors import BadPractice, SocleError

GROUPS = "workstations, servers, backup_servers, imaging_servers"


def hosts(toy: Any, text: str) -> None:
    toy.write("hosts.yml", text)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("workstation", "workstations"), ("serveurs", "servers"), ("imaging-servers", "imaging_servers")],
)  # fmt: skip
def test_a_group_nearly_of_the_region(toy: Any, name: str, meant: str) -> None:
    hosts(toy, f"all:\n  children:\n    {name}: {{hosts: {{desk: }}}}\n")
    wanted = f"a group of the region, or a name unlike these; did you mean {meant}?"
    assert toy.problems() == [f"hosts.yml:3: {name}: expected {wanted}"]


def test_a_near_group_beside_the_right_one(toy: Any) -> None:
    hosts(toy, "all:\n  children:\n    servers: {hosts: {a: }}\n    server: {hosts: {a: }}\n")
    (line,) = toy.problems()
    assert line.startswith("hosts.yml:4: server: expected a group of the region")


def test_a_host_in_no_group_of_the_region(toy: Any) -> None:
    hosts(
        toy,
        "all:\n  hosts:\n    a:\n  children:\n    etage: {hosts: {b: }}\n    servers: {hosts: {c: }}\n",
    )
    wanted = f"expected this host in a group of the region: {GROUPS}, read"
    assert toy.problems() == [
        f"hosts.yml:3: a: {wanted} no group",
        f"hosts.yml:5: b: {wanted} etage",
    ]


def test_groups_of_ones_own_around_and_inside(toy: Any) -> None:
    hosts(
        toy,
        "all: {children: {etage: {children: {workstations: {hosts: {a: , b: }}}}, urgent: {hosts: {b: }}}}\n",
    )
    assert toy.load().hosts["b"].groups == ("all", "etage", "urgent", "workstations")


def test_letters_that_differ() -> None:
    assert words.near("worstations", ["servers", "workstations"]) == "workstations"
    assert words.near("servers", ["servers"]) is None, "the name itself"
    assert words.near("poste", ["servers", "workstations"]) is None


TWO = "all:\n  children:\n    workstations:\n      hosts:\n        a: {}\n        b: {}\n"


@pytest.mark.parametrize(
    ("one", "other", "where", "read"),
    [
        ("ansible_host: 192.0.2.1", "ansible_host: 192.0.2.1", "ansible_host", "192.0.2.1"),
        ("ansible_host: 192.0.2.1", "ansible_host: '::ffff:192.0.2.1'", "ansible_host", "192.0.2.1"),
        ("ansible_host: 192.0.2.1", "socle_addresses: [192.0.2.9, 192.0.2.1]", "socle_addresses", "192.0.2.1"),
        ("socle_addresses: ['2001:db8::1']", "socle_addresses: ['2001:DB8:0::1']", "socle_addresses", "2001:db8::1"),
        ("ansible_host: 192.0.2.1", "ansible_host: 192.0.2.1, ansible_port: 2222", "ansible_host", "192.0.2.1"),
        ("ansible_host: pc.example", "ansible_host: PC.example.", "ansible_host", "pc.example port 22"),
        ("ansible_user: adm", "ansible_host: a", "ansible_host", "a port 22"),
    ],
)  # fmt: skip
def test_two_hosts_with_one_address(toy: Any, one: str, other: str, where: str, read: str) -> None:
    hosts(toy, TWO.replace("a: {}", f"a: {{{one}}}").replace("b: {}", f"b: {{{other}}}"))
    wanted = "an address of its own; a has this one (inventories/p/hosts.yml:5)"
    assert f"hosts.yml:6: {where}: expected {wanted}, read {read}" in toy.problems()


def test_two_ports_of_one_router_lead_to_two_hosts(toy: Any) -> None:
    behind = "ansible_host: 192.0.2.1, ansible_port: {}, socle_addresses: [10.0.0.{}]"
    hosts(
        toy,
        TWO.replace("a: {}", f"a: {{{behind.format(2201, 1)}}}").replace(
            "b: {}", f"b: {{{behind.format(2202, 2)}}}"
        ),
    )
    assert len(toy.load().hosts) == 2


SIBLINGS = """\
all:
  children:
    workstations: {hosts: {a: }}
    etage: {hosts: {a: }}
    urgent: {hosts: {a: }}
"""


def test_two_groups_with_two_values(toy: Any) -> None:
    hosts(toy, SIBLINGS)
    toy.write("group_vars/etage.yml", "toy_label: x\n")
    toy.write("group_vars/urgent.yml", "---\ntoy_label: y\n")
    wanted = "one value for a; inventories/p/group_vars/etage.yml:1 (practice etage) has another"
    assert toy.problems() == [f"group_vars/urgent.yml:2: toy_label: expected {wanted}"]
    toy.write("host_vars/a.yml", "toy_label: z\n")
    assert toy.load().hosts["a"].settings["toy_label"] == "z", "a narrower layer decides"
    (toy.folder / "host_vars/a.yml").unlink()
    toy.write("group_vars/urgent.yml", "toy_label: x\n")
    assert toy.load().hosts["a"].settings["toy_label"] == "x", "both say the same"


def test_a_group_within_the_other_decides(toy: Any) -> None:
    hosts(toy, "all: {children: {workstations: {children: {etage: {hosts: {a: }}}}}}\n")
    toy.write("group_vars/workstations.yml", "toy_label: x\n")
    toy.write("group_vars/etage.yml", "toy_label: y\n")
    assert toy.load().hosts["a"].settings["toy_label"] == "y"


def test_two_groups_of_the_region_with_two_values(toy: Any) -> None:
    hosts(toy, "all: {children: {workstations: {hosts: {a: }}, servers: {hosts: {a: }}}}\n")
    toy.write("/group_vars/workstations.yml", "toy_label: x\n")
    toy.write("/group_vars/servers.yml", "toy_label: y\n")
    (line,) = toy.problems()
    assert "(region servers) has another" in line
    toy.write("group_vars/all.yml", "toy_label: z\n")
    assert toy.load().hosts["a"].settings["toy_label"] == "z", "the practice decides"


def test_one_host_written_twice_with_two_addresses(toy: Any) -> None:
    hosts(toy, """
        all:
          children:
            workstations: {hosts: {a: {ansible_host: 192.0.2.1}}}
            etage: {hosts: {a: {ansible_host: 192.0.2.2}}}
        """)  # fmt: skip
    (line,) = toy.problems()
    wanted = "one value for a; inventories/p/hosts.yml:3 (host a) has another"
    assert line == f"hosts.yml:4: ansible_host: expected {wanted}"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: Any) -> dict[str, str]:
    folder, found = tmp_path_factory.mktemp("keys"), {}
    for kind in ("ed25519", "rsa", "ecdsa"):
        words_ = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", folder / kind]
        subprocess.run(words_, check=True)
        found[kind] = " ".join((folder / f"{kind}.pub").read_text().split()[:2])
    return found


def test_whole_files_of_keys(toy: Any, keys: dict[str, str]) -> None:
    lines = [f"192.0.2.1,desk {key}" for key in keys.values()]
    hashed = f"|1|{'A' * 27}=|{'B' * 27}= {keys['rsa']}"
    other = f"@cert-authority *.example {keys['ed25519']} comment\n[desk]:2222 {keys['ed25519']}"
    toy.write("known_hosts", "\n".join(["# ours", "", *lines, hashed, other, ""]))
    options = 'namespaces="socle",valid-after="20260101",cert-authority'
    toy.write("allowed_signers", f'a@p {options} {keys["ecdsa"]} c\n"b c" {keys["rsa"]}\n')
    toy.write("revoked_signers", f"{keys['ed25519']}\n")
    assert toy.load()


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_key_cut_anywhere(toy: Any, keys: dict[str, str], kind: str) -> None:
    for length in range(0, len(keys[kind].split()[1]), 7):
        name, key = keys[kind].split()
        toy.write("known_hosts", f"desk {keys['rsa']}\ndesk {name} {key[:length]}\n")
        (line,) = toy.problems()
        assert line.startswith("known_hosts:2: line: expected a host key such as"), length


@pytest.mark.parametrize("name", ["known_hosts", "allowed_signers", "revoked_signers"])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda line: line + b"\0\0\0\n", "2: file: expected text without control characters"),
        (lambda line: line + b"\xff\n", "2: file: expected text in UTF-8"),
        (lambda line: b"<<<<<<< HEAD\n" + line + b"=======\n>>>>>>> b\n", "1: file: expected one version, the other one deleted, read <<<<<<<"),
        (lambda line: b"\xef\xbb\xbf" + line, "1: file: expected text without a byte order mark"),
        (lambda line: line.replace(b"\n", b"\r\n"), "1: line: expected an end of line as on Linux, read CR and LF"),
        (lambda line: line + b"ssh-ed25519\n", '2: line: expected a'),
        (lambda line: line + b"desk 1024 65537 1234567\n", '2: line: expected a'),
        (lambda line: line.replace(b"ssh-ed25519", b"ssh-rsa"), '1: line: expected a'),
    ],
)  # fmt: skip
def test_damaged_files_of_keys(
    toy: Any, keys: dict[str, str], name: str, damage: Any, said: str
) -> None:
    start = "" if name == "revoked_signers" else "desk "
    (toy.folder / name).write_bytes(damage(f"{start}{keys['ed25519']}\n".encode()))
    assert toy.problems()[0].startswith(f"{name}:{said}")


@pytest.mark.parametrize(
    "name", ["lab.yml", "exposure.yml", "evidence.yml", "waivers.yml", "hosts.yml"]
)
def test_damaged_yaml_of_every_kind(toy: Any, name: str) -> None:
    for damage in ("\0\0", "<<<<<<< HEAD", "a: 022", "a: {{ b }}"):
        toy.write(name, f"# first line\n{damage}\n")
        assert toy.problems()[0].startswith(f"{name}:2: "), damage


def test_a_misnamed_file_of_keys(toy: Any) -> None:
    toy.write("known_host", "")
    toy.write("known_hosts.old", "what ssh-keygen -R leaves")
    wanted = "a known file of a practice; did you mean known_hosts?"
    assert toy.problems() == [f"known_host:0: file name: expected {wanted}, read known_host"]


def test_questions(toy: Any) -> None:
    """A group without hosts, and a setting that no control of these hosts reads."""
    only_servers = (toy.root / "roles/toy/controls.yml").read_text().replace("[all]", "[servers]")
    toy.write("/roles/toy/controls.yml", only_servers)
    hosts(toy, "all:\n  children:\n    workstations: {hosts: {a: }}\n    etage:\n")
    toy.write("host_vars/a.yml", "toy_label: x\n")
    toy.write("group_vars/servers.yml", "toy_label: y\n")
    asked = {str(one).removeprefix("inventories/p/") for one in toy.load().questions}
    assert asked == {
        "group_vars/servers.yml:1: toy_label: expected hosts that this setting is for: servers, read none",
        "hosts.yml:4: etage: expected a host in this group, read none",
        "host_vars/a.yml:1: toy_label: expected hosts that this setting is for: servers, read a",
    }


def test_a_waiver_for_nobody(toy: Any) -> None:
    texts = "reason: why, compensating: what, approved_by: who, until: 2027-05-31"
    toy.write("waivers.yml", f"- {{control: toy-lock, hosts: [backup_servers], {texts}}}\n")
    (asked,) = toy.load().questions
    wanted = "waivers.yml:1: toy-lock: expected a host that this waiver covers, read none"
    assert str(asked) == f"inventories/p/{wanted}"


def test_a_region_is_checked_once_with_its_own_path(toy: Any, tmp_path: Path) -> None:
    region = tmp_path / "newer"
    toy.write("/newer/group_vars/all.yml", "toy_idel: 5\ntoy_idle: 600\n")
    toy.write("/newer/group_vars/servers.yml", "toy_length: 0\n")
    with pytest.raises(BadPractice) as caught:
        check_region(region, toy.root)
    found = [str(problem).splitlines()[0] for problem in caught.value.problems]
    assert found == [
        "newer/group_vars/all.yml:1: toy_idel: expected a known setting; did you mean toy_idle?",
        "newer/group_vars/all.yml:2: toy_idle: expected 300 or less (default), read 600",
        "newer/group_vars/servers.yml:1: toy_length: expected a whole number, 1 or more, read 0",
    ]
    toy.write("/newer/group_vars/all.yml", "toy_idle: 200\n")
    toy.write("/newer/group_vars/servers.yml", "")
    check_region(region, toy.root)
    with pytest.raises(SocleError, match="nowhere: expected a baseline"):
        check_region(tmp_path / "nowhere", toy.root)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("host-vars", "host_vars"), ("hosts_vars", "host_vars"), ("groupvars", "group_vars"), ("Group_Vars", "group_vars")],
)  # fmt: skip
def test_a_misnamed_folder_of_settings(toy: Any, name: str, meant: str) -> None:
    toy.write(f"{name}/desk.yml", "---\n")
    wanted = f"expected a known folder of a practice; did you mean {meant}?, read {name}"
    assert toy.problems() == [f"{name}:0: folder name: {wanted}"]


@pytest.mark.parametrize("name", ["workstation.yml", "imaging-servers.yml", "waiver.yml"])
def test_a_misnamed_file_of_the_region(toy: Any, name: str) -> None:
    toy.write(f"/group_vars/{name}", "---\n")
    (line,) = toy.problems()
    assert f"group_vars/{name}:0: file name: expected a group of the region" in line


@pytest.mark.parametrize("name", ["known_machine", "allowed_signers.txt", "revoked_signers.pub"])
def test_a_misnamed_file_of_machines_or_signers(toy: Any, name: str) -> None:
    toy.write(name, "")
    (line,) = toy.problems()
    assert line.startswith(f"{name}:0: file name: expected a known file of a practice")


@pytest.mark.parametrize("address", ["192.0.2.010", "192.0.2.322", "192.0.2", "3221225985"])
def test_digits_that_are_read_as_another_address(toy: Any, address: str) -> None:
    hosts(toy, f"all: {{children: {{servers: {{hosts: {{a: {{ansible_host: '{address}'}}}}}}}}}}\n")
    (line,) = toy.problems()
    assert "ansible_host: expected an IP address (no zero before a number) or a host name" in line
