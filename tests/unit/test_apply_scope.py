"""What names no host never ends as if all were done, in either engine and in every command."""
# ruff: noqa: E501 - whole messages, each on its line

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
INVENTORY = "inventories/p/inventory.py"
IDLE = "toy_idle: expected this setting in the practice's group_vars/ or host_vars/"


@pytest.fixture
def practice(toy: Any) -> Any:
    shutil.copy(CHECKOUT / "inventories/local/inventory.py", toy.folder / "inventory.py")
    shutil.copy(CHECKOUT / "config.py", toy.root / "config.py")
    toy.write("/deploy.py", "from roles.toy.deploy import toy\n\ntoy()\n")
    toy.write(
        "/roles/toy/deploy.py",
        "from pyinfra.api import deploy\nfrom socle.apply import observed\n\n\n"
        "@deploy('Toy')\ndef toy():\n    observed()\n    print('the room ran')\n",
    )
    toy.write(
        "hosts.yml",
        """
        all:
          children:
            workstations: {hosts: {localhost: {ansible_connection: local}}}
        """,
    )
    return toy


def run(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((INVENTORY, "--limit", "workstation"), "--limit: expected a known host or group; did you mean workstations?, read workstation"),
        ((INVENTORY, "--limit", "servers"), "read servers"),
        ((INVENTORY, "--exclude", "localhosd"), "did you mean @local?, read localhosd"),
        ((INVENTORY, "--exclude", "workstations"), "--exclude: expected a host to be left"),
        (("inventories/q/inventory.py",), "inventories/q/inventory.py: expected the inventory.py of a practice, with hosts"),
        (("inventories/p",), "inventories/p: expected the inventory.py of a practice"),
        (("inventories/p/hosts.yml",), "hosts.yml: expected the inventory.py of a practice"),
    ],
)  # fmt: skip
def test_pyinfra_ends_non_zero(practice: Any, words: tuple[str, ...], said: str) -> None:
    inventory, *limits = words
    done = run(practice.root, "pyinfra", inventory, "deploy.py", "-y", *limits)
    assert said in done.stderr
    assert "the room ran" not in done.stdout
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (practice.root / "pyinfra-debug.log").exists()


def test_pyinfra_with_words_that_fit(practice: Any) -> None:
    done = run(practice.root, "pyinfra", INVENTORY, "deploy.py", "-y", "--limit", "workstations")
    assert done.returncode == 0, done.stderr
    assert "the room ran" in done.stdout


@pytest.mark.parametrize("options", [("-y",), ("--dry",), ("--json",)])
@pytest.mark.parametrize("files", [("roles/toy/deploy.py",), ("empty.py",), ("toy.never",)])
def test_files_that_do_nothing(
    practice: Any, files: tuple[str, ...], options: tuple[str, ...]
) -> None:
    practice.write("/empty.py", "")
    practice.write("/toy.py", "def never(): pass\n")
    done = run(practice.root, "pyinfra", INVENTORY, *files, *options)
    assert "nothing to do on any host: expected a deploy file that calls its rooms" in done.stderr
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_does_nothing_beside_one_that_does(practice: Any) -> None:
    done = run(practice.root, "pyinfra", INVENTORY, "roles/toy/deploy.py", "deploy.py", "-y")
    assert done.returncode == 0, done.stderr


def test_one_room_by_its_name(practice: Any) -> None:
    done = run(practice.root, "pyinfra", INVENTORY, "roles.toy.deploy.toy", "-y")
    assert done.returncode == 0, done.stderr
    assert "the room ran" in done.stdout


def test_settings_that_stand_in_no_file_of_the_practice(practice: Any) -> None:
    words = ("pyinfra", INVENTORY, "deploy.py", "-y", "--data")
    done = run(practice.root, *words, "toy_idle=20", "--data", "toy_password=s3cret")
    assert done.returncode == 2, done.stderr
    assert f"--data: {IDLE}" in done.stderr
    assert "--data: toy_password: expected this secret" in done.stderr
    assert "s3cret" not in done.stderr
    assert "Connecting" not in done.stderr
    assert run(practice.root, *words, "socle_give_up=localhost,toys=1").returncode == 0
    practice.write("/group_data/workstations.py", "toy_idle = 20\nmine = 1\n")
    done = run(practice.root, *words, "mine=2")
    assert done.returncode == 2, done.stderr
    assert f"group_data: {IDLE}" in done.stderr


def test_pyinfra_from_another_folder(practice: Any, tmp_path_factory: Any) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    words = (practice.folder / "inventory.py", practice.root / "deploy.py", "-y")
    done = run(elsewhere, "pyinfra", *words)
    assert done.returncode == 0, done.stderr
    assert "the room ran" in done.stdout
    done = run(elsewhere, "pyinfra", *words, "--limit", "workstation")
    assert done.returncode == 2, done.stderr
    assert "did you mean workstations?" in done.stderr


def test_a_bad_practice_is_refused_as_before(practice: Any) -> None:
    practice.write("host_vars/localhost.yml", "toy_idle: 5\n")
    done = run(practice.root, "pyinfra", INVENTORY, "deploy.py", "-y")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["verify", "incident", "watch keys"])
def test_commands_end_non_zero(practice: Any, command: str) -> None:
    words = (*command.split(), "inventories/p", "--limit", "workstation")
    done = run(practice.root, "socle", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "host or group" in done.stderr
    assert "workstation" in done.stderr
