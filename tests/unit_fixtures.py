"""What unit tests share, those in ``tests/unit`` and those in the rooms (``roles/ROOM/tests``).

Their ``conftest.py`` says ``from unit_fixtures import *``. The toy checkout is there so that no
test of the baseline depends on the real rooms.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from secrets import token_hex
from textwrap import dedent

import pytest

from socle import cli
from socle.baseline import load, packages
from socle.baseline.model import Practice
from socle.errors import BadPractice

TODAY = date(2026, 11, 22)
BIN = Path(sys.executable).parent
__all__ = [
    "deep_folder",
    "keys",
    "own_places",
    "own_rooms",
    "own_rooms_first",
    "own_state",
    "private_cache",
    "socle",
    "toy",
]

CHECKOUT = Path(__file__).resolve().parents[1]
packages.bind(CHECKOUT)  # tests import modules of the rooms


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test writes into the operator's own history."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True, scope="module")
def own_rooms_first() -> None:
    """Before what a file's tests share, too: the file before may have bound another checkout."""
    packages.bind(CHECKOUT)


@pytest.fixture(autouse=True)
def own_rooms() -> None:
    """``roles`` means the rooms of this checkout, whichever the test before has bound."""
    packages.bind(CHECKOUT)


@pytest.fixture(autouse=True, scope="session")
def private_cache(tmp_path_factory):
    """What a verification remembers for the next one stays out of the operator's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with SSH keys: host, user, other, and locked, whose passphrase is "secret"."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("host", "user", "other", "locked"):
        passphrase = "secret" if name == "locked" else ""
        words = ["-q", "-t", "ed25519", "-N", passphrase, "-f", folder / name]
        subprocess.run(["ssh-keygen", *words], check=True)
    return folder


SETTINGS = '''
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from socle.baseline.flows import Flow, resolve_peers
from socle.baseline.settings import (
    BadSettings, RoomSettings, keyed, neutral, secret, stricter
)


class Toy(RoomSettings):
    """One setting of every direction."""

    idle: Annotated[int, Field(ge=10, le=900), stricter("lower")] = 300
    """Seconds without input."""
    length: Annotated[int, Field(ge=1), stricter("higher")] = 8
    lock: Annotated[bool, stricter("true")] = True
    remote: Annotated[bool, stricter("false")] = False
    allowed: Annotated[list[str], stricter("subset")] = ["a", "b", "c"]
    banned: Annotated[list[str], stricter("superset")] = ["x"]
    level: Annotated[
        Literal["weak", "medium", "strict"], stricter(order=("weak", "medium", "strict"))
    ] = "medium"
    label: Annotated[str, neutral()] = "none"
    ratio: Annotated[float | None, neutral()] = None
    peers: Annotated[dict[str, list[str]], neutral()] = {}
    flows: Annotated[list[Flow], keyed("name")] = []
    password: Annotated[str | None, secret(), neutral()] = None

    @model_validator(mode="after")
    def _label_is_not_level(self) -> "Toy":
        if self.label == self.level:
            raise ValueError("a label other than the level")
        return self

    def derive(self, host: Any, practice: Any) -> dict[str, Any]:
        reached = {}
        for flow in self.flows:
            try:
                reached[flow.name] = resolve_peers(flow.peers, practice, self.peers).ipv4
            except BadSettings as error:
                raise error.under("flows", flow.name, "peers") from None
        return {"reached": reached}
'''

CONTROLS = """
- id: toy-lock
  title: {fr: "Le jouet est verrouillé", en: "The toy is locked"}
  theme: session
  severity: high
  applies_to: [all]
  references: {cnil_guide_2024: ["6.1"]}
- id: toy-open
  title: {fr: "Le jouet est ouvert", en: "The toy is open"}
  theme: session
  severity: low
  applies_to: [servers]
  references: {}
  seed: "ouvert"
  verify_only: "nothing can be enforced"
"""

HOSTS = """
all:
  vars:
    ansible_user: adm
  children:
    workstations:
      hosts:
        desk: {ansible_host: 192.0.2.1}
        lab: {ansible_host: 192.0.2.2, socle_addresses: [192.0.2.2, "2001:db8::2"]}
    servers:
      hosts:
        store: {ansible_host: 192.0.2.3}
"""


@dataclass
class Toy:
    """A checkout with one room, ``toy``, and one practice, ``inventories/p``."""

    root: Path
    id: str = field(default_factory=lambda: token_hex(8))

    @property
    def folder(self) -> Path:
        return self.root / "inventories/p"

    def write(self, name: str, text: str) -> Path:
        """Write a file of the practice, or with a leading slash of the checkout."""
        path = self.root / name[1:] if name.startswith("/") else self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def load(self, today: date = TODAY) -> Practice:
        return load(self.folder, today=today)

    def problems(self, today: date = TODAY) -> list[str]:
        """The problems without their advice, paths relative to the practice where possible."""
        with pytest.raises(BadPractice) as caught:
            self.load(today)
        lines = [str(problem).splitlines()[0] for problem in caught.value.problems]
        return [line.removeprefix("inventories/p/") for line in lines]

    def encrypt(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Encrypt a file of the practice as its owner would."""
        password = self.root / "vault-password"
        password.touch(mode=0o600)
        password.write_text("correct horse")
        monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
        subprocess.run(
            [BIN / "ansible-vault", "encrypt", self.folder / name],
            env=os.environ,
            check=True,
            capture_output=True,
        )


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOCLE_CHECKOUT", str(tmp_path))
    made = Toy(tmp_path)
    made.write("/roles/toy/settings.py", SETTINGS)
    made.write("/roles/toy/controls.yml", CONTROLS)
    made.write("/roles/toy/templates/etc/toy.conf.j2", "idle {{ toy_idle }}\n")
    made.write("/roles/toy/files.yml", "- path: /etc/toy.conf\n")
    for group in ("imaging_servers", "backup_servers"):
        made.write(f"/group_vars/{group}.yml", "---\n")
    made.write("hosts.yml", HOSTS)
    made.write("practice.yml", f'id: "{made.id}"\n')
    return made


@pytest.fixture
def own_places(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path.parent / f"{tmp_path.name}-config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def socle(own_places, monkeypatch, capfd):
    """Runs a command here; ``code`` is what it must end with. Its output, both streams."""

    def call(*words: object, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["socle", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = "".join(capfd.readouterr())
        assert ended.value.code == code, said
        return said

    return call


@pytest.fixture
def deep_folder() -> Iterator[Callable[[Path, int], None]]:
    """Makes folders within each other, as many as wished; Python itself cannot remove them."""
    made: list[Path] = []

    def make(folder: Path, levels: int) -> None:
        made.append(folder)
        folder.mkdir(parents=True)
        handle = os.open(folder, os.O_PATH)
        for _ in range(levels):
            os.mkdir("d", dir_fd=handle)
            outer, handle = handle, os.open("d", os.O_PATH, dir_fd=handle)
            os.close(outer)
        os.close(handle)

    yield make
    subprocess.run(["rm", "-rf", "--", *made], check=True)
