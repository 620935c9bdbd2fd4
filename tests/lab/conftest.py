"""Real hosts for tests: booted when first asked for, gone at the end of the session."""

from __future__ import annotations

import copy
import os
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from labs import net, net6, number, standing
from practices import Practice

from socle.commands.demo_data import prepare
from socle.commands.labs import lab_of
from socle.lab import Lab, Machine, Network, down, requirements, run, up

IMAGES = "---\nbackup_folders: [/etc, /srv/images]\n"
IDENTITY = ("practice.yml", "known_machines")
"""What makes a folder one practice, and not another with the same files."""
SHARED = (
    ".venv", "action_plugins", "ansible.cfg", "callback_plugins", "deploy.py", "group_vars",
    "site.yml", "socle",
)  # fmt: skip
"""What a copy of the checkout has in common with it."""

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
    folder = pytestconfig.rootpath / f"build/tests-{number()}"
    lan, lan6 = net("tests"), net6("tests")
    network = Network(f"socle-test{number()}", (f"{lan}.1/24", f"{lan6}::1/64"))
    images: dict[str, str] = {}

    def lab() -> Lab:
        machines = tuple(
            Machine(name, image, (f"{lan}.{end}", f"{lan6}::{end}"))
            for end, (name, image) in enumerate(images.items(), start=11)
        )
        return Lab(f"tests-{number()}", folder, network, machines)

    def booted(wanted: dict[str, str]) -> Lab:
        for name, image in wanted.items():
            assert images.setdefault(name, image) == image, f"{name} runs {images[name]}"
        up(lab(), print)
        return lab()

    with standing(lab()):
        try:
            yield booted
        finally:
            down(lab(), print)  # with the machines that came later


class Cabinet(Practice):
    """The demo practice on addresses of its own, and the two engines as an operator runs them."""

    def __init__(self, root: Path, folder: Path, network: str) -> None:
        super().__init__(root, folder)
        self.network = network
        self.settled: set[str] = set()
        """Machines on which an apply of what is declared would find nothing to do."""
        self.declared: dict[Path, bytes] = {}
        self.as_installed = True
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(root / "inventories/demo", folder)
        for made in ("known_hosts", "secrets.yml", "vault-password", *IDENTITY):
            (folder / made).unlink(missing_ok=True)
        # The demo's Orthanc, modality, box and attacker have a test of their own: test_cnil.py.
        (folder / "group_vars/imaging_servers.yml").write_text(IMAGES)
        lab_file = folder / "lab.yml"
        lab_file.write_text(lab_file.read_text().partition("  echographe:")[0])
        for file in folder.rglob("*.yml"):
            text = file.read_text().replace("10.77.12.", f"10.77.{network}.")
            text = text.replace("fd77:12::", f"fd77:{network}::")
            text = text.replace("socle-demo", f"socle-cab{network}")
            text = text.replace("build/demo/", f"{folder}-machines/")
            text = re.sub(r"(backup_full_exercise: ).*", rf"\g<1>{date.today()}", text)
            file.write_text(text)
        self.lab = lab_of(self.practice)

    def set_up(self) -> None:
        shutil.copy(self.lab.known_hosts, self.folder / "known_hosts")
        prepare(self.folder, self.lab, self.root)
        self.declared = self._files()

    def elsewhere(self, checkout: Path) -> Cabinet:
        """The same practice in a copy of the checkout, whose rooms a test may break."""
        other = copy.copy(self)
        other.root, other.folder = checkout, checkout / "inventories/cabinet"
        for name in SHARED:
            (checkout / name).symlink_to(self.root / name)
        shutil.copytree(self.root / "roles", checkout / "roles")
        shutil.copytree(self.folder, other.folder)
        for made in IDENTITY:  # a copy is another practice
            (other.folder / made).unlink(missing_ok=True)
        return other

    def harden(self, *machines: str) -> None:
        """Apply every room to those (of these) machines that were touched since the last time."""
        touched = sorted(set(machines or self.practice.hosts) - self.settled)
        if touched:
            limits = (word for name in touched for word in ("--limit", name))
            # What a test had declared is given up when it is over.
            self.pyinfra("-y", "--data", f"socle_give_up={','.join(touched)}", *limits)
        self.settled.update(touched)

    def root_on(self, machine: str, command: str, timeout: float = 120) -> str:
        """Run a command as root behind the machine's back; its output."""
        self.settled.discard(machine)
        return self.read_on(machine, command, timeout)

    def read_on(self, machine: str, command: str, timeout: float = 120) -> str:
        """The output of a command of root's that leaves nothing for an apply to mend."""
        done = run(self.lab, machine, command, timeout=timeout)
        assert done.returncode == 0, done
        return done.stdout

    def _run(self, code: int | None, program: str, *args, **options) -> str:
        if program != "socle":
            self.as_installed = False
            limits = {after for word, after in pairwise(args) if word == "--limit"}
            self.settled.difference_update(limits or set(self.settled))
        said = super()._run(code, program, *args, **options)
        plain = args[2:3] == ("-y",) and set(args[3::2]) <= {"--limit"}
        if program == "pyinfra" and code == 0 and plain and self._files() == self.declared:
            self.settled.update(limits or self.practice.hosts)
        return said

    def _files(self) -> dict[Path, bytes]:
        """What the practice declares, as it is now."""
        files = (file for file in self.folder.rglob("*.yml") if file.name not in IDENTITY)
        return {file: file.read_bytes() for file in files}

    def first_backup(self, *machines: str) -> None:
        """What a new practice does once: a copy, and proof that it comes back."""
        prepare(self.folder, self.lab, self.root)  # a machine put back to its image has no data
        words = "socle-backup run && socle-backup restore-test"
        with ThreadPoolExecutor() as pool:  # side by side, as timers start them
            list(pool.map(lambda machine: self.root_on(machine, words, timeout=900), machines))


@pytest.fixture(scope="session")
def cabinet(need_a_lab: None, pytestconfig: pytest.Config) -> Iterator[Cabinet]:
    """A booted practice, as its machines come from the installer."""
    root = pytestconfig.rootpath
    network = str(number())
    made = Cabinet(root, root / f"build/cabinet-{network}", network)
    with standing(made.lab):
        made.set_up()
        yield made


@pytest.fixture
def hardened(cabinet: Cabinet, request: pytest.FixtureRequest) -> Cabinet:
    """The practice after a successful apply of every room; a file may need its MACHINES alone."""
    cabinet.harden(*getattr(request.module, "MACHINES", ()))
    return cabinet
