"""The checks' commands on one host: each alone over testinfra's own ssh backend, against Socle.

Usage, with the demo running (`make demo`):
.venv/bin/python benchmarks/verify_ahead.py [PRACTICE HOST]

Both ask the same questions of the same host. Socle's time includes loading, judging and closing.
CPU seconds say more than seconds where other work shares the computer: the operator's processes
are counted here, the host's questions one by one on the host.
"""

from __future__ import annotations

import resource
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

PRACTICE = Path(*sys.argv[1:2] or ["inventories/demo"])
HOST = (sys.argv[2:3] or ["accueil"])[0]
SOCLE = Path(sys.executable).with_name("socle")
CHILDREN = resource.RUSAGE_CHILDREN
SHOWN = 8
# Prints the CPU seconds of a command and of all that it started.
TIMED = """TIMEFORMAT='%3U %3S'; time /bin/sh -c "$0" </dev/null >/dev/null 2>&1"""


def main() -> None:
    """Print the seconds of each way, and how many times faster Socle is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        verify(folder / "first")  # remembers the questions
        runs = [verify(folder / f"run-{number}") for number in range(3)]
        seconds, cpu = (min(measured) for measured in zip(*runs, strict=True))
        (bundle,) = (folder / "run-0").glob("*.bundle")
        commands = [one.words for one in read(bundle).answers if one.asked == HOST]
        stock = alone(load(PRACTICE).hosts[HOST], commands, folder / "ssh_config")
    total, work = sum(wall for wall, *_ in stock), sum(used for _, used, _ in stock)
    print(f"{len(commands)} commands, testinfra's ssh backend: {total:.1f} s")
    print(f"socle verify, all controls, 1 host: {seconds:.1f} s, ", end="")
    print(f"{total / seconds:.1f} times faster")
    print(f"CPU seconds: the operator's side {cpu:.1f}, the host's answers {work:.1f}, of these")
    for _, used, words in sorted(stock, key=lambda one: -one[1])[:SHOWN]:
        print(f"  {used:6.2f}  {' '.join(words.split())[:100]}")


def verify(folder: Path) -> tuple[float, float]:
    """Seconds of a whole run, and CPU seconds of its processes here."""
    started, before = time.perf_counter(), resource.getrusage(CHILDREN)
    words = [SOCLE, "verify", PRACTICE, "--limit", HOST, "--no-keep", "--evidence", folder]
    subprocess.run(words, check=False, capture_output=True)
    after = resource.getrusage(CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, used


def alone(target: Host, commands: list[str], config: Path) -> list[tuple[float, float, str]]:
    """The same commands, one connection each, as testinfra does: seconds, CPU seconds, words."""
    way = target.connection
    shutil.copy(way.known_hosts_file or Path("~/.ssh/known_hosts").expanduser(), f"{config}.keys")
    config.write_text(
        f"Host {target.name}\n  HostName {way.address}\n  Port {way.port}\n"
        f"  User {way.user}\n  IdentityFile {way.key_file}\n"
        f"  UserKnownHostsFile {config}.keys\n"
    )
    host = testinfra.get_host(f"ssh://{target.name}", ssh_config=str(config), sudo=way.become)
    found = []
    for command in commands:
        started = time.perf_counter()
        used = sum(map(float, host.run("bash -c %s %s", TIMED, command).stderr.split()[-2:]))
        found.append((time.perf_counter() - started, used, command))
    return found


if __name__ == "__main__":
    main()
