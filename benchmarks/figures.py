"""Seconds and SSH executions of a converged practice: apply with each engine, and verify.

Usage, with the demo running (`make demo`):
.venv/bin/python benchmarks/figures.py [PRACTICE HOST [TIMES]]

Each run is made TIMES times (3), the median counts. Executions are counted on the host itself:
every one of them becomes root by sudo.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from socle import lab
from socle.baseline import load
from socle.commands.labs import lab_of

PRACTICE = Path(*sys.argv[1:2] or ["inventories/demo"])
HOST = (sys.argv[2:3] or ["accueil"])[0]
TIMES = int((sys.argv[3:4] or ["3"])[0])
PROGRAMS = Path(sys.executable).parent
INVENTORY = PRACTICE / "inventory.py"
EMPTY = "build/empty_deploy.py"
ONE = ("--limit", HOST)
FINE = {"socle": (0, 1, 3)}
"""`socle verify` says what fails, and what it cannot measure: containers have no disks."""
RUNS = {
    "pyinfra, nothing to do at all (process start)": ("pyinfra", INVENTORY, EMPTY, "-y", *ONE),
    "pyinfra, converged, 1 host": ("pyinfra", INVENTORY, "deploy.py", "-y", *ONE),
    "pyinfra, converged, all hosts": ("pyinfra", INVENTORY, "deploy.py", "-y"),
    "Ansible, converged, 1 host": ("ansible-playbook", "-i", INVENTORY, "site.yml", *ONE),
    "Ansible, converged, all hosts": ("ansible-playbook", "-i", INVENTORY, "site.yml"),
    "socle verify, 1 host": ("socle", "verify", PRACTICE, *ONE),
    "socle verify, all hosts": ("socle", "verify", PRACTICE),
}  # fmt: skip


def main() -> None:
    """Print the medians of each run."""
    Path(EMPTY).parent.mkdir(exist_ok=True)
    Path(EMPTY).write_text("")
    machines = lab_of(load(PRACTICE))
    print(f"{'run':48} {'seconds':>8} {'executions on ' + HOST:>22}")
    for title, (program, *arguments) in RUNS.items():
        seconds, executions = zip(
            *(measure(machines, program, arguments) for _ in range(TIMES)), strict=True
        )
        print(f"{title:48} {statistics.median(seconds):8.1f} {statistics.median(executions):22.0f}")


def measure(machines: lab.Lab, program: str, arguments: list[object]) -> tuple[float, int]:
    """Wall seconds of one run, and the times that its user became root on HOST meanwhile."""
    before = became_root(machines)
    started = time.perf_counter()
    done = subprocess.run(
        [PROGRAMS / program, *map(str, arguments)], check=False, capture_output=True, text=True
    )
    seconds = time.perf_counter() - started
    if done.returncode not in FINE.get(program, (0,)):
        sys.exit(f"{program} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds, became_root(machines) - before


def became_root(machines: lab.Lab) -> int:
    """How often sudo has opened a session on HOST since its boot."""
    counted = lab.run(machines, HOST, "journalctl --boot _COMM=sudo | grep -c 'session opened'")
    return int(counted.stdout or 0)


if __name__ == "__main__":
    main()
