"""Twenty servers against one: pyinfra with nothing to do, and verifications, the first and later.

Usage, as root: .venv/bin/python benchmarks/twenty.py [HOSTS]

Makes a practice of that many servers in build/twenty, boots it with `socle lab`, applies every
room, measures, and takes it down. CPU seconds are those of the operator's processes: the servers
share this computer, so seconds alone say what it can do, not what Socle costs.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

HOSTS = int((sys.argv[1:2] or ["20"])[0])
PRACTICE = Path("build/twenty")
MACHINES = Path("build/twenty-machines")
INVENTORY = PRACTICE / "inventory.py"
PROGRAMS = Path(sys.executable).parent
NET = "10.76.20"
ONE = ("--limit", "serveur1")
TIMES = 3
FINE = {"pyinfra": (0,), "socle": (0, 1, 3, 4)}
"""`socle verify` ends with 3 in the lab: containers cannot be asked about disks."""
SETTINGS = f"""\
firewall_peers:
  administration: [{NET}.1]
  box: [{NET}.1]
backup_nothing_to_copy: "Machine d'essai, refaite à chaque fois"
"""
CHILDREN = resource.RUSAGE_CHILDREN


def main() -> None:
    """Boot, apply, print the figures, take down."""
    shutil.rmtree(PRACTICE, ignore_errors=True)
    make()
    try:
        run("socle", "lab", "up", PRACTICE)
        run("pyinfra", INVENTORY, "deploy.py", "-y")
        print(f"{'run':32} {'seconds':>8} {'CPU':>6}")
        compare("pyinfra, nothing to do", apply)
        with tempfile.TemporaryDirectory() as cache:
            verify(cache)
            compare("verify, asked before", partial(verify, cache))
        compare("verify, never asked", first)
    finally:
        run("socle", "lab", "down", PRACTICE)


def make() -> None:
    """Write the practice: servers on one network, one group, no copies."""
    (PRACTICE / "group_vars").mkdir(parents=True)
    shutil.copy("inventories/demo/inventory.py", INVENTORY)
    hosts = {f"serveur{n}": f"{NET}.{n + 10}" for n in range(1, HOSTS + 1)}
    lines = [f"        {name}: {{ansible_host: {ip}}}" for name, ip in hosts.items()]
    (PRACTICE / "hosts.yml").write_text(
        "all:\n  vars:\n    ansible_user: adm-socle\n"
        f"    ansible_ssh_private_key_file: {MACHINES.absolute()}/id_ed25519\n"
        "  children:\n    servers:\n      hosts:\n" + "\n".join(lines) + "\n"
    )
    booted = "\n".join(f"  {name}: bookworm" for name in hosts)
    (PRACTICE / "lab.yml").write_text(
        f"network:\n  bridge: socle-twenty\n  gateways: [{NET}.1/24]\nmachines:\n{booted}\n"
    )
    (PRACTICE / "group_vars/all.yml").write_text(SETTINGS)


def compare(title: str, measure: Callable[..., tuple[float, float]]) -> None:
    """Measure one host and all, in turn; print medians and how many times one host all cost."""
    one, everybody = zip(*((measure(*ONE), measure()) for _ in range(TIMES)), strict=True)
    rows = [tuple(map(statistics.median, zip(*runs, strict=True))) for runs in (one, everybody)]
    for hosts, (seconds, cpu) in zip((1, HOSTS), rows, strict=True):
        print(f"{f'{title}, hosts: {hosts}':32} {seconds:8.1f} {cpu:6.1f}")
    (seconds, cpu), (all_seconds, all_cpu) = rows
    print(f"{'    times one host':32} {all_seconds / seconds:8.1f} {all_cpu / cpu:6.1f}")


def apply(*words: str) -> tuple[float, float]:
    return run("pyinfra", INVENTORY, "deploy.py", "-y", *words)


def verify(cache: str, *words: str) -> tuple[float, float]:
    """``cache``: where the questions are remembered."""
    return run("socle", "verify", PRACTICE, "--no-keep", *words, XDG_CACHE_HOME=cache)


def first(*words: str) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as cache:
        return verify(cache, *words)


def run(program: str, *words: object, **environment: str) -> tuple[float, float]:
    """Seconds of a run, and the CPU seconds of its processes here."""
    started, before = time.perf_counter(), resource.getrusage(CHILDREN)
    command = [PROGRAMS / program, *map(str, words)]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )
    if done.returncode not in FINE[program]:
        sys.exit(f"{program} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    after = resource.getrusage(CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, used


if __name__ == "__main__":
    main()
