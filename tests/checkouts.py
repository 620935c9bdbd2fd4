"""A toy checkout whose machines are all this computer, and whose checks end in every way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from secrets import token_hex
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]

SETTINGS = '''
from typing import Annotated
from socle.baseline.settings import RoomSettings, stricter

class Toy(RoomSettings):
    """A toy."""

    seconds: Annotated[int, stricter("lower")] = 30
    """Seconds."""
'''
CONTROL = """
- id: {0}
  title: {{fr: "{0}", en: "{0}"}}
  theme: toy
  severity: low
  applies_to: [{1}]
  references: {{cnil_guide_2024: ["6.1"]}}
"""
IDS = [
    "settings",
    "waived",
    "fails",
    "asserts",
    "unknown",
    "breaks",
    "not-applicable",
    "servers",
    "fixture",
    "skipped",
    "slow",
    "outside",
]
HOSTS = """
all:
  vars: {ansible_connection: local}
  children:
    workstations: {hosts: {accueil: {}, medecin: {}}}
    servers: {hosts: {imagerie: {}}}
"""
WAIVER = """
- control: toy-waived
  hosts: [medecin]
  set: {{toy_seconds: 120}}
  reason: "Salle d'échographie"
  compensating: "Salle fermée à clé"
  approved_by: "Dr N."
  until: {until}
"""
TESTS = """
import pytest
from socle.verify import control, expect, not_applicable, note, unknown

@control("toy-settings")
def test_settings(host, settings, target, practice):
    expect(settings.toy_seconds == 30 and target.name in practice.hosts,
           seen=f"{settings.toy_seconds} s", wanted="30 s", fix="deploy again")
    assert host.run("printf %s", "a b").stdout == "a b"

@control("toy-waived")
def test_waived(settings):
    expect(True, seen=f"{settings.toy_seconds} s", wanted="some", fix="deploy again")

@control("toy-fails")
def test_fails(target):
    note("policy", host=target.name, rules=0)
    expect(False, seen="accept", wanted="drop", fix="deploy again")

@control("toy-asserts")
def test_asserts(target):
    assert target.name == "nobody", "somebody is there"

@control("toy-unknown")
def test_unknown(target):
    unknown("no nft here")

@control("toy-breaks")
def test_breaks(settings):
    settings.toy_secondes

@control("toy-not-applicable")
def test_not_applicable(target):
    not_applicable("no disk")

@control("toy-servers")
def test_servers(host):
    host.run("touch touched-$(hostname)")

@pytest.fixture(scope="module")
def table(host):
    expect(False, seen="no table", wanted="a table", fix="deploy again")

@control("toy-fixture")
def test_fixture(table):
    pass

@control("toy-skipped")
@pytest.mark.skip("later")
def test_skipped(target):
    pass

@control("toy-slow")
def test_slow(host):
    host.run("sleep 5", timeout=0.3)

@control("toy-outside")
def test_outside(from_controller):
    from_controller.tcp([("127.0.0.1", 1)])
"""


class Checkout:
    """A checkout with one room and one practice."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("roles/conftest.py", (REPOSITORY / "roles/conftest.py").read_text())
        self.write("roles/toy/settings.py", SETTINGS)
        self.controls([f"toy-{name}" for name in IDS])
        self.write("roles/toy/test_toy.py", TESTS)
        self.write("group_vars/all.yml", "---\n")
        self.write("inventories/toy/hosts.yml", HOSTS)
        self.write("inventories/toy/practice.yml", f'id: "{token_hex(8)}"\n')
        self.write("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-ra --strict-markers '
                   '--import-mode=importlib"\n')  # fmt: skip

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def controls(self, ids: list[str]) -> None:
        scopes = {"toy-servers": "servers"}
        stanzas = [CONTROL.format(name, scopes.get(name, "all")) for name in ids]
        self.write("roles/toy/controls.yml", "---" + "".join(stanzas))

    def python(self, *words: str, **environment: str) -> dict[str, Any]:
        """How to start Python in the checkout."""
        return {
            "args": [sys.executable, *words],
            "cwd": self.root,
            "env": {
                **os.environ,
                "COLUMNS": "200",
                "SOCLE_CHECKOUT": str(self.root),
                **environment,
            },
        }

    def command(self, *words: str, **environment: str) -> dict[str, Any]:
        """How to start the command, as the command line does."""
        code = (
            "import sys; from cyclopts import App; from socle.commands.verify import verify\n"
            "from socle.errors import SocleError\n"
            "app = App(); app.default(verify)\n"
            "try: app()\n"
            "except SocleError as e: print(e, file=sys.stderr); sys.exit(e.exit_code)\n"
        )
        return self.python("-c", code, *words, **environment)

    def verify(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return _run(self.command("inventories/toy", *words, **environment))

    def pytest(self, *words: str) -> subprocess.CompletedProcess[str]:
        return _run(self.python("-m", "pytest", "-p", "no:cacheprovider", *words))


def _run(how: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(**how, capture_output=True, text=True, check=False, timeout=60)
