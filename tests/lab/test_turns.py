"""Two operators at once: the second one waits, or is told who works since when."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.lab
HOST = "accueil"
MACHINES = (HOST,)
STATE = "nft -s list ruleset; sha256sum /etc/socle/*; ls -A /var/lib/socle"
BUSY = r"efused before any change: adm-socle from [0-9.]+ has worked on this host with {} since \d"


def begun(cabinet, program: str, *words) -> subprocess.Popen[str]:
    """A run that has its turn: pyinfra waits for Enter before it changes anything."""
    cabinet.root_on(HOST, "rm -f /run/socle/turn")
    run = subprocess.Popen(
        [Path(sys.executable).parent / program, *words, "--limit", HOST],
        cwd=cabinet.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    cabinet.root_on(HOST, "until test -s /run/socle/turn; do sleep 0.05; done")
    return run


def told(output: str, engine: str) -> None:
    assert re.search(BUSY.format(engine), " ".join(output.split())), output
    assert "Traceback" not in output


def test_the_second_is_told_or_waits(hardened):
    hardened.root_on(HOST, "rm /etc/socle/canary.nft; nft delete table inet socle_canary")
    state = hardened.root_on(HOST, STATE)
    first = begun(hardened, "pyinfra", hardened.folder / "inventory.py", "deploy.py")
    short = {"SOCLE_TURN_SECONDS": "2"}
    told(hardened.pyinfra("-y", "--limit", HOST, code=1, **short), "pyinfra")
    told(hardened.ansible("--limit", HOST, code=2, **short), "pyinfra")
    hardened.pyinfra("--dry", "--limit", HOST)  # a plan takes no turn
    assert hardened.root_on(HOST, STATE) == state

    second = subprocess.Popen(
        [Path(sys.executable).parent / "pyinfra", hardened.folder / "inventory.py", "deploy.py",
         "-y", "--limit", HOST],
        cwd=hardened.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = ""
    while "waits for adm-socle from" not in said:
        said = second.stdout.readline()
        assert said, "it did not wait"
    output, _ = first.communicate("\n", timeout=120)
    assert first.returncode == 0, output
    output, _ = second.communicate(timeout=120)
    assert second.returncode == 0, output
    assert hardened.changes(output) == 0  # it looked at what the first one had left


def test_a_killed_run_has_no_turn(hardened):
    first = begun(hardened, "pyinfra", hardened.folder / "inventory.py", "deploy.py")
    first.send_signal(signal.SIGKILL)
    first.wait()
    hardened.pyinfra("-y", "--limit", HOST, SOCLE_TURN_SECONDS="0")


def test_ansible_has_turns_too(hardened):
    first = begun(hardened, "ansible-playbook", "-i", hardened.folder / "inventory.py", "site.yml")
    output = hardened.pyinfra("-y", "--limit", HOST, code=1, SOCLE_TURN_SECONDS="1")
    told(output, "ansible")
    first.send_signal(signal.SIGKILL)
    first.wait()
    hardened.pyinfra("-y", "--limit", HOST, SOCLE_TURN_SECONDS="0")
