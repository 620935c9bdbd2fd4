"""A region of made-up practices: bundles a second, and the memory of all processes together.

Usage: .venv/bin/python benchmarks/region.py [--bundles 2000] [--folder FOLDER]
The bundles are made from one of this computer (`socle verify inventories/local --evidence`): other
names, other dates, each practice with a key of its own. FOLDER keeps them for the next time.
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

from socle.evidence import signature
from socle.evidence.bundle import FORMAT, SCHEMA, read
from socle.evidence.model import Bundle
from socle.evidence.sshsig import NAMESPACE

SOCLE = Path(sys.executable).with_name("socle")
MACHINES = 4  # a practice
DAYS = 10  # mean age of a bundle


def main() -> None:
    """Print the figures."""
    words = argparse.ArgumentParser()
    words.add_argument("--bundles", type=int, default=2000)
    words.add_argument("--folder", type=Path)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = asked.folder or Path(name)
        count, folder = asked.bundles, place / f"{asked.bundles}"
        source = first(place)
        if not folder.exists():
            make(source, folder, count)
        signers = folder / "allowed_signers"
        with tempfile.TemporaryDirectory() as state:
            said = ("--html", f"{state}/page.html", "--csv", f"{state}/table.csv")
            signed = ("--state", state, "--allowed-signers", signers, *said)
            run(f"{count} signed, a sample judged again", count, folder, *signed)
            run(f"{count} signed, nothing new", count, folder, *signed)
        for how in ("none", "all"):
            with tempfile.TemporaryDirectory() as state:
                signed = ("--state", state, "--allowed-signers", signers)
                run(f"{count} signed, --judge {how}", count, folder, *signed, "--judge", how)


def first(place: Path) -> Path:
    """A real bundle."""
    folder = place / "real"
    if not folder.exists():
        words = [SOCLE, "verify", "inventories/local", "--no-keep", "--evidence", folder]
        subprocess.run(words, check=False, capture_output=True)
    return next(folder.glob("*.bundle"))


def make(source: Path, folder: Path, count: int) -> None:
    """Write ``count`` signed bundles that differ in name and date, and who may sign them."""
    practices = range((count + MACHINES - 1) // MACHINES)
    with ProcessPoolExecutor() as pool:
        lines = list(pool.map(partial(one, source, folder), practices, chunksize=10))
    (folder / "allowed_signers").write_text("".join(lines))


def one(source: Path, folder: Path, number: int) -> str:
    """Write a practice; its line of allowed_signers."""
    practice, practice_id = f"cabinet-{number:05}", f"{number:016x}"
    place = folder / practice
    place.mkdir(parents=True)
    key = place / "key"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", practice, "-f", key]
    subprocess.run(words, check=True)
    for machine in range(MACHINES):
        host = f"poste-{machine}"
        made = renamed(original(source), practice, practice_id, host)
        document = {"format": FORMAT, "schema": SCHEMA, **made.model_dump(mode="json")}
        file = place / f"{host}.bundle"
        file.write_bytes(gzip.compress(json.dumps(document).encode(), 1))  # quick to write
        signature.sign(file, key)
    kind, public, *_ = key.with_suffix(".pub").read_text().split()
    return f'practice:{practice_id}/it namespaces="{NAMESPACE}" {kind} {public}\n'


original = cache(read)


def renamed(bundle: Bundle, practice: str, practice_id: str, host: str) -> Bundle:
    """The bundle of another machine, some days older."""
    dice, before = random.Random(f"{practice_id} {host}"), bundle.host.name
    answers = [
        said.model_copy(update={"asked": host if said.asked == before else said.asked})
        for said in bundle.answers
    ]
    names = [f"poste-{machine}" for machine in range(MACHINES)]
    declared = dict.fromkeys(names, bundle.practice.hosts[before])
    days = min(30, dice.expovariate(1 / DAYS))
    return bundle.model_copy(
        update={
            "collected": bundle.collected - timedelta(days=days),
            "host": bundle.host.model_copy(update={"name": host}),
            "practice": bundle.practice.model_copy(
                update={"name": practice, "id": practice_id, "hosts": declared}
            ),
            "answers": tuple(answers),
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
