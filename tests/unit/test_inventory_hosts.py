"""``hosts.yml``: hosts, groups, and how to reach them."""
# ruff: noqa: E501 - whole messages, each on its line

from pathlib import Path
from typing import Any

import pytest

from socle.baseline import load
from socle.baseline.checkout import find_root
from socle.baseline.export import for_ansible, for_pyinfra
from socle.baseline.model import Connection
from socle.errors import SocleError

CHECKOUT = Path(__file__).parents[2]


def test_hosts_and_groups(toy: Any) -> None:
    practice = toy.load()
    assert practice.name == "p"
    assert (practice.folder, practice.root) == (toy.folder, toy.root)
    assert practice.groups == {
        "all": ("desk", "lab", "store"),
        "workstations": ("desk", "lab"),
        "servers": ("store",),
        "imaging_servers": (),
        "backup_servers": (),
    }
    assert practice.hosts["desk"].groups == ("all", "workstations")
    assert practice.hosts["desk"].addresses == ("192.0.2.1",)
    assert practice.hosts["lab"].addresses == ("192.0.2.2", "2001:db8::2")
    assert [control.id for control in practice.controls] == ["toy-lock", "toy-open"]


def test_groups_from_the_widest_to_the_narrowest(toy: Any) -> None:
    toy.write(
        "hosts.yml",
        """
        all:
          children:
            zone: {children: {inner: {children: {core: {hosts: {x: }}}}}}
            also: {hosts: {x: , y: }}
            core: {hosts: {y: }}
            workstations: {hosts: {x: , y: , z: }}
        """,
    )
    practice = toy.load()
    assert practice.hosts["x"].groups == ("all", "also", "workstations", "zone", "inner", "core")
    assert practice.hosts["y"].groups == ("all", "also", "workstations", "zone", "inner", "core")
    assert practice.hosts["z"].groups == ("all", "workstations")
    assert practice.children["zone"] == ("inner",)
    assert practice.groups["zone"] == ("x", "y")


def test_connection(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/adm")
    toy.write(
        "hosts.yml",
        """
        all:
          vars: {ansible_user: adm, ansible_ssh_private_key_file: keys/id}
          children:
            workstations:
              hosts:
                a: {ansible_host: 192.0.2.1, ansible_port: 2222}
                b: {ansible_user: root, ansible_ssh_private_key_file: ~/.ssh/id}
                c: {ansible_connection: local}
                d: {ansible_host: d.example, ansible_ssh_private_key_file: /keys/id}
        """,
    )
    a, b, c, d = (host.connection for host in toy.load().hosts.values())
    assert a == Connection(
        "ssh", "192.0.2.1", 2222, "adm", key_file=toy.root / "keys/id", become=True
    )
    assert (b.address, b.become, b.key_file) == ("b", False, Path("/home/adm/.ssh/id"))
    assert (c.method, c.become) == ("local", False)
    assert (d.address, d.key_file) == ("d.example", Path("/keys/id"))
    known = toy.write("known_hosts", "")
    assert toy.load().hosts["a"].connection.known_hosts_file == known
    assert toy.load().hosts["d"].addresses == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x: 1\n", ['1: hosts.yml: expected the one key all, with everything below it, read ["x"]']),
        ("all: []\n", ["1: all: expected a mapping with hosts, children, vars, read []"]),
        ("all: {hosts: [a]}\n", ['1: all.hosts: expected a mapping of names, read ["a"]']),
        ("all: {hosts: {a: }, host: {}}\n", ["1: all.host: expected a known key; did you mean hosts?, read host"]),
        ("all: {hosts: {A: , b: }}\n", ['1: hosts.A: expected a name of a-z, 0-9, - and _ other than all, any, ungrouped, waivers, read "A"']),
        ("all: {hosts: {'pc[1:9]': , b: }}\n", ['1: hosts.pc[1:9]: expected a name of a-z, 0-9, - and _ other than all, any, ungrouped, waivers, read "pc[1:9]"']),
        ("all: {hosts: {any: , b: }}\n", ['1: hosts.any: expected a name of a-z, 0-9, - and _ other than all, any, ungrouped, waivers, read "any"']),
        ("all:\n  hosts: {a: }\n  children: {a: }\n", ["2: a: expected a name that is either a host's or a group's"]),
        ("all:\n  hosts: {a: }\n  children:\n    b: {children: {c: }}\n    c: {children: {b: }}\n", ["4: children: expected no circle of groups, read b > c > b"]),
        ("all:\n  hosts: {a: }\n  children:\n    b: {children: {b: }}\n", ["4: children: expected no circle of groups, read b > b"]),
        ("all:\n  hosts: {a: 3}\n", ["2: all.hosts.a: expected a mapping of settings, read 3"]),
        ("all:\n  hosts: {a: {ansible_hots: x}}\n", ["2: ansible_hots: expected a known setting; did you mean ansible_host?"]),
        ("all:\n  hosts: {a: {ansible_host: -oProxyCommand=x}}\n", ['2: ansible_host: expected an IP address or a host name, read "-oProxyCommand=x"']),
        ("all:\n  hosts: {a: {ansible_port: 99999}}\n", ["2: ansible_port: expected a whole number from 1 to 65535, read 99999"]),
        ("all:\n  hosts: {a: {ansible_user: 'x y'}}\n", ['2: ansible_user: expected a user name, read "x y"']),
        ("all:\n  hosts: {a: {ansible_connection: winrm}}\n", ['2: ansible_connection: expected one of: ssh, local, read "winrm"']),
        ("all:\n  hosts: {a: {socle_addresses: [10.0.0.1/8]}}\n", ['2: socle_addresses.0: expected an IP address without prefix length, read "10.0.0.1/8"']),
        ("all:\n  hosts: {a: {ansible_become_password: hunter2}}\n", ["2: ansible_become_password: expected this secret in the practice's secrets.yml, read ••••"]),
        ("", ["0: hosts.yml: expected the one key all, with everything below it, read []"]),
    ],
)  # fmt: skip
def test_refused(toy: Any, text: str, expected: list[str]) -> None:
    toy.write("hosts.yml", text)
    others = ("at least one host", "in a group of the region")
    found = [line for line in toy.problems() if not any(words in line for words in others)]
    assert found == [f"hosts.yml:{line}" for line in expected]


def test_no_host(toy: Any) -> None:
    toy.write("hosts.yml", "all: {children: {workstations: }}\n")
    assert toy.problems() == ["hosts.yml:1: all: expected at least one host"]


LOCAL = """
all:
  vars: {ansible_connection: local}
  children: {workstations: {hosts: {a: , b: }}}
"""


@pytest.mark.parametrize("engine", [for_pyinfra, for_ansible])
def test_engines_know_one_local_host(toy: Any, engine: Any) -> None:
    toy.write("hosts.yml", LOCAL)
    with pytest.raises(SocleError, match=r"one host with ansible_connection: local.*read a, b"):
        engine(toy.load())


def test_unreadable(toy: Any) -> None:
    toy.write("hosts.yml", "all: [\n")
    (line,) = toy.problems()
    assert line.startswith("hosts.yml:2: file: expected valid YAML")


def test_where_the_practice_is(toy: Any) -> None:
    assert load("inventories/p").name == "p", "relative"
    assert load(toy.folder / "hosts.yml").name == "p", "any file of it"
    toy.write("/inventories/q/hosts.yml", "all: {children: {servers: {hosts: {a: }}}}\n")
    with pytest.raises(SocleError) as caught:
        load("inventories/nope")
    assert str(caught.value) == (
        "inventories/nope: expected a practice, a folder with hosts.yml. "
        "Practices here: inventories/p, inventories/q"
    )


def test_a_practice_outside_of_a_checkout(
    toy: Any, tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOCLE_CHECKOUT")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "hosts.yml").write_text("all: {children: {servers: {hosts: {a: }}}}\n")
    assert load(elsewhere, root=toy.root).root == toy.root
    assert find_root(elsewhere) == CHECKOUT, "the checkout of the package"


def test_rooms_around_a_practice_are_not_run(
    toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A practice that somebody sent may bring a folder roles/: its code is not ours."""
    monkeypatch.delenv("SOCLE_CHECKOUT")
    touched = tmp_path / "it-was-run"
    toy.write("/roles/toy/settings.py", f"open({str(touched)!r}, 'w')\n")
    assert find_root(toy.folder) == CHECKOUT
    with pytest.raises(SocleError):  # this package's rooms ask for more than the toy's
        load(toy.folder)
    assert not touched.exists()
    toy.write("/pyproject.toml", '[project]\nname = "socle-cabinet"\n')
    with pytest.raises(SocleError) as caught:
        load(toy.folder)
    assert f"it lies in {tmp_path}, another checkout of Socle" in str(caught.value)
    assert not touched.exists()


def test_a_checkout_that_is_named_and_is_none(
    toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCLE_CHECKOUT", str(tmp_path / "nowhere"))
    with pytest.raises(SocleError, match="nowhere: expected a checkout of Socle, as SOCLE_CHECK"):
        load(toy.folder)
