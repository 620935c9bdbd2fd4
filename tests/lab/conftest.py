"""Real hosts for tests: booted when first asked for, gone at the end of the session."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from socle.baseline import load
from socle.commands.demo_data import prepare
from socle.commands.labs import lab_of
from socle.lab import Lab, Machine, Network, down, requirements, run, up
from socle.lab.locks import locked
from socle.verify.run import verify

NETWORK = Network("socle-test", ("10.77.14.1/24", "fd77:14::1/64"))

Boot = Callable[[dict[str, str]], Lab]


@pytest.fixture(scope="session")
def need_a_lab() -> None:
    """Skip where no machines can be booted, and say why; in CI that is an error."""
    missing = requirements()
    if missing:
        reason = "the lab needs: " + "; ".join(missing)
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def boot(need_a_lab: None, pytestconfig: pytest.Config) -> Iterator[Boot]:
    """``boot({"accueil": "trixie"})`` gives the session's lab with at least these machines."""
    folder = pytestconfig.rootpath / "build" / "lab-tests"
    images: dict[str, str] = {}

    def lab() -> Lab:
        machines = tuple(
            Machine(name, image, (f"10.77.14.{number}", f"fd77:14::{number}"))
            for number, (name, image) in enumerate(images.items(), start=11)
        )
        return Lab("tests", folder, NETWORK, machines)

    def booted(wanted: dict[str, str]) -> Lab:
        for name, image in wanted.items():
            assert images.setdefault(name, image) == image, f"{name} runs {images[name]}"
        up(lab(), print)
        return lab()

    with locked(Path("/run/socle-lab/tests.lock")):
        down(lab(), print)  # what a killed session left
        try:
            yield booted
        finally:
            down(lab(), print)


class Cabinet:
    """The demo practice on addresses of its own, and the two engines as an operator runs them."""

    def __init__(self, root: Path, folder: Path, network: str) -> None:
        self.root, self.folder, self.network = root, folder, network
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(root / "inventories/demo", folder)
        for made in ("known_hosts", "secrets.yml", "vault-password"):
            (folder / made).unlink(missing_ok=True)
        for file in folder.rglob("*.yml"):
            text = file.read_text().replace("10.77.12.", f"10.77.{network}.")
            text = text.replace("fd77:12::", f"fd77:{network}::")
            text = text.replace("socle-demo", f"socle-cab{network}")
            text = text.replace("build/demo/", f"{folder}-machines/")
            text = re.sub(r"(backup_full_exercise: ).*", rf"\g<1>{date.today()}", text)
            file.write_text(text)
        self.lab = lab_of(self.practice)

    @property
    def practice(self):
        return load(self.folder, root=self.root)

    def up(self) -> None:
        up(self.lab, print)
        shutil.copy(self.lab.known_hosts, self.folder / "known_hosts")
        prepare(self.folder, self.lab, self.root)

    def elsewhere(self, checkout: Path) -> Cabinet:
        """The same practice in a copy of the checkout, whose rooms a test may break."""
        other = copy.copy(self)
        other.root, other.folder = checkout, checkout / "inventories/cabinet"
        for name in (".venv", "socle", "deploy.py", "site.yml", "ansible.cfg", "group_vars"):
            (checkout / name).symlink_to(self.root / name)
        shutil.copytree(self.root / "roles", checkout / "roles")
        shutil.copytree(self.folder, other.folder)
        return other

    @contextmanager
    def edited(self, file: str, old: str, new: str) -> Iterator[None]:
        """A file of the practice with ``old`` replaced by ``new``, and afterwards as before."""
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        try:
            yield
        finally:
            path.write_text(text)

    def root_on(self, machine: str, command: str, timeout: float = 120) -> str:
        """Run a command as root behind the machine's back; its output."""
        done = run(self.lab, machine, command, timeout=timeout)
        assert done.returncode == 0, done
        return done.stdout

    def pyinfra(self, *args: str, code: int = 0, **options) -> str:
        return self._run(
            code, "pyinfra", self.folder / "inventory.py", "deploy.py", *args, **options
        )

    def ansible(self, *args: str, code: int = 0, **options) -> str:
        playbook = ("ansible-playbook", "-i", self.folder / "inventory.py", "site.yml")
        return self._run(code, *playbook, *args, **options)

    def first_backup(self, *machines: str) -> None:
        """What a new practice does once: a copy, and proof that it comes back."""
        for machine in machines:
            self.root_on(machine, "socle-backup run && socle-backup restore-test", timeout=300)

    def socle(self, *args, code: int = 0, **options) -> str:
        return self._run(code, "socle", *args, COLUMNS="200", **options)

    def verdicts(self, *, limit: tuple[str, ...] = (), controls: tuple[str, ...] = ()):
        """(host, control) -> Outcome."""
        found = verify(self.practice, limit=limit, controls=controls, roles=self.root / "roles")
        return {(outcome.host, outcome.control): outcome for outcome in found}

    @staticmethod
    def changes(output: str) -> int:
        """How many operations of a pyinfra run, or tasks of an Ansible run, changed something."""
        found = _CHANGES.search(output)
        if found:
            return int(found[1].replace("-", "0"))
        return sum(map(int, re.findall(r"changed=(\d+)", output)))

    def _run(self, code: int, program: str, *args, timeout=300, **env) -> str:
        done = subprocess.run(
            [Path(sys.executable).parent / program, *args],
            cwd=self.root,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "SOCLE_APT_LOCK_SECONDS": "3", **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout


_CHANGES = re.compile(r"Grand total +\d+ +(\S+)")


@pytest.fixture(scope="session")
def cabinet(need_a_lab: None, pytestconfig: pytest.Config) -> Iterator[Cabinet]:
    """A booted practice, as its machines come from the installer."""
    root = pytestconfig.rootpath
    network = os.environ.get("SOCLE_TEST_LAB", "17")  # several checkouts may test side by side
    with locked(Path(f"/run/socle-lab/cabinet-{network}.lock")):
        made = Cabinet(root, root / "build/cabinet", network)
        down(made.lab, print)
        try:
            made.up()
            yield made
        finally:
            down(made.lab, print)


@pytest.fixture
def hardened(cabinet: Cabinet) -> Cabinet:
    """The practice after a successful apply of every room."""
    cabinet.pyinfra("-y")
    return cabinet
