"""The checks' commands on one host: each alone over testinfra's own ssh backend, against Socle.

Usage, with the demo running (`make demo`): .venv/bin/python benchmarks/verify_ahead.py
Both ask the same questions of the same host. Socle's time includes loading, judging and closing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import testinfra

from socle.baseline import load
from socle.baseline.model import Host
from socle.evidence.bundle import read

PRACTICE = Path("inventories/demo")
HOST = "accueil"
SOCLE = Path(sys.executable).with_name("socle")


def main() -> None:
    """Print the seconds of each way, and how many times faster Socle is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        verify(folder / "first")  # remembers the questions
        seconds = min(verify(folder / f"run-{number}") for number in range(3))
        (bundle,) = (folder / "run-0").glob("*.bundle")
        commands = [one.words for one in read(bundle).answers if one.asked == HOST]
        stock = alone(load(PRACTICE).hosts[HOST], commands, folder / "ssh_config")
    print(f"{len(commands)} commands, testinfra's ssh backend: {stock:.1f} s")
    print(
        f"socle verify, all controls, 1 host: {seconds:.1f} s, {stock / seconds:.1f} times faster"
    )


def verify(folder: Path) -> float:
    """Seconds of a whole run."""
    started = time.perf_counter()
    words = [SOCLE, "verify", PRACTICE, "--limit", HOST, "--evidence", folder]
    subprocess.run(words, check=False, capture_output=True)
    return time.perf_counter() - started


def alone(target: Host, commands: list[str], config: Path) -> float:
    """Seconds of the same commands, one connection each, as testinfra does by itself."""
    found = target.connection
    shutil.copy(found.known_hosts_file or Path("~/.ssh/known_hosts").expanduser(), f"{config}.keys")
    config.write_text(
        f"Host {target.name}\n  HostName {found.address}\n  Port {found.port}\n"
        f"  User {found.user}\n  IdentityFile {found.key_file}\n"
        f"  UserKnownHostsFile {config}.keys\n"
    )
    host = testinfra.get_host(f"ssh://{target.name}", ssh_config=str(config), sudo=found.become)
    started = time.perf_counter()
    for command in commands:
        host.run(command)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
