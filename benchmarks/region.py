"""A region of made-up practices: bundles a second, and the memory of all processes together.

Usage: .venv/bin/python benchmarks/region.py [--bundles 20000] [--again 200] [--folder FOLDER]
The bundles are made from one of this computer (`socle verify inventories/local --evidence`): other
names, other dates, mixed verdicts. FOLDER keeps them for the next time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

from socle.evidence.bundle import FORMAT, SCHEMA, read
from socle.evidence.model import Bundle

SOCLE = Path(sys.executable).with_name("socle")
MACHINES = 4  # a practice
VERDICTS, WEIGHTS = ("pass", "fail", "waived", "not-applicable", "unknown"), (70, 10, 3, 12, 5)


def main() -> None:
    """Print the figures."""
    words = argparse.ArgumentParser()
    words.add_argument("--bundles", type=int, default=20_000)
    words.add_argument("--again", type=int, default=200)
    words.add_argument("--folder", type=Path)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = asked.folder or Path(name)
        many, few = place / f"{asked.bundles}", place / f"{asked.again}"
        source = first(place)
        for folder, count in ((many, asked.bundles), (few, asked.again)):
            if not folder.exists():
                make(source, folder, count)
        with tempfile.TemporaryDirectory() as state:
            said = ("--state", state, "--html", f"{state}/page.html", "--csv", f"{state}/table.csv")
            run(f"{asked.again} judged again", asked.again, few, "--no-as-judged", *said)
            run(f"{asked.bundles} as judged", asked.bundles, many, *said)
            run(f"{asked.bundles}, nothing new", asked.bundles, many, *said)


def first(place: Path) -> Path:
    """A real bundle."""
    folder = place / "real"
    if not folder.exists():
        words = [SOCLE, "verify", "inventories/local", "--no-keep", "--evidence", folder]
        subprocess.run(words, check=False, capture_output=True)
    return next(folder.glob("*.bundle"))


def make(source: Path, folder: Path, count: int) -> None:
    """Write ``count`` bundles that differ in name, date and verdicts."""
    with ProcessPoolExecutor() as pool:
        for _ in pool.map(partial(one, source, folder), range(count), chunksize=50):
            pass


def one(source: Path, folder: Path, number: int) -> None:
    practice = f"cabinet-{number // MACHINES:05}"
    host = f"poste-{number % MACHINES}"
    file = folder / practice / f"{host}.bundle"
    file.parent.mkdir(parents=True, exist_ok=True)
    made = renamed(original(source), practice, host, number)
    document = {"format": FORMAT, "schema": SCHEMA, **made.model_dump(mode="json")}
    file.write_bytes(gzip.compress(json.dumps(document).encode(), 1))  # quick to write


original = cache(read)


def renamed(bundle: Bundle, practice: str, host: str, seed: int) -> Bundle:
    """The bundle of another machine, whose verdicts are thrown like dice."""
    dice, before = random.Random(seed), bundle.host.name
    answers = [
        said.model_copy(update={"asked": host if said.asked == before else said.asked})
        for said in bundle.answers
    ]
    verdicts = [
        one.model_copy(update={"verdict": dice.choices(VERDICTS, WEIGHTS)[0]})
        for one in bundle.verdicts
    ]
    declared = {host: bundle.practice.hosts[before]}
    return bundle.model_copy(
        update={
            "collected": bundle.collected - timedelta(days=dice.expovariate(1 / 60)),
            "host": bundle.host.model_copy(update={"name": host}),
            "practice": bundle.practice.model_copy(update={"name": practice, "hosts": declared}),
            "answers": tuple(answers),
            "verdicts": tuple(verdicts),
        }
    )


def run(name: str, count: int, *words: str | Path) -> None:
    """Run `socle region` and print how long it took, also on a core that is busy elsewhere."""
    started, before = time.perf_counter(), os.times()
    process = subprocess.Popen(
        [SOCLE, "region", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, mebibytes(process.pid))
        time.sleep(0.2)
    seconds, after = time.perf_counter() - started, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    if process.returncode == 2:  # noqa: PLR2004 - the words were wrong
        sys.exit(process.stderr.read().decode())
    print(
        f"{name}: {seconds:.1f} s, {count / seconds:.1f} bundles/s; "
        f"{used:.1f} s of one core, {1000 * used / count:.2f} ms a bundle; {peak:.0f} MiB at most",
        flush=True,
    )


def mebibytes(pid: int) -> float:
    """The memory of a process and its descendants; shared pages count once (PSS)."""
    total = 0.0
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(mebibytes(int(c)) for c in (task / "children").read_text().split())
    return total


if __name__ == "__main__":
    main()
