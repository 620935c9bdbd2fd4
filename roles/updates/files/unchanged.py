"""Answers of apt that hold until something that it reads changes: kept by root, until a restart.

Apt works for seconds on what it has already said. An answer is taken from the last question only
where the day, the kernel and every file behind it are the same, by change time and inode: neither
can be set back. Whatever is not certain to come out the same again is asked again.
"""

import hashlib
import json
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from apt_ask import printed

KEPT = Path("/run/socle")  # root's alone
NOTHING_TO_DO = "No packages found that can be upgraded"
TREES = ("/etc/apt", "/etc/dpkg", "/var/lib/apt", "/var/lib/dpkg/updates", "/var/lib/dpkg/triggers",
         "/usr/lib/apt", "/usr/lib/python3/dist-packages/apt", "/usr/share/unattended-upgrades",
         "/usr/share/distro-info", "/usr/share/keyrings")  # fmt: skip
FILES = ("etc/os-release", "etc/lsb-release", "etc/debian_version", "etc/machine-id",
         "run/reboot-required", "var/lib/dpkg/status", "var/lib/dpkg/arch",
         "usr/bin/apt*", "usr/bin/dpkg*", "usr/bin/python3*", "usr/bin/unattended-upgrade*",
         "usr/bin/lsb_release", "usr/lib/*/libapt-pkg*", "usr/lib/python3/dist-packages",
         "usr/lib/python3/dist-packages/*.*", "usr/local/bin",
         "usr/local/lib/python3*/*")  # fmt: skip
ELSEWHERE = re.compile(r'^(?:Dir|RootDir)\b\S* "(/[^"]+)";', re.MULTILINE)


def inputs():
    """Digest of the state of every file that the answers come from."""
    settings = printed("apt-config", "dump")
    asked = (time.strftime("%F"), os.uname(), settings, sys.orig_argv)  # and by which program
    digest = hashlib.sha256(repr(asked).encode())
    for path in sorted({*in_trees([*TREES, *ELSEWHERE.findall(settings)]), *in_places()}):
        for state in (os.lstat, os.stat):  # a link, and what it leads to
            with suppress(OSError):
                one = state(path)
                words = (path, one.st_mode, one.st_uid, one.st_ino, one.st_size,
                         one.st_mtime_ns, one.st_ctime_ns)  # fmt: skip
                digest.update(repr(words).encode())
    return digest.hexdigest()


def in_trees(trees):
    """These files, and everything below these folders, also where links lead to others."""
    seen = set()
    while trees:
        tree = trees.pop()
        yield tree
        for folder, below, names in os.walk(tree):
            yield from (f"{folder}/{name}" for name in (*below, *names))
            links = {str(one.resolve()) for one in (Path(folder, name) for name in below)
                     if one.is_symlink()} - seen  # fmt: skip
            seen |= links
            trees.extend(links)


def in_places():
    """The other files, as far as they are there."""
    return (str(path) for pattern in FILES for path in Path("/").glob(pattern))


def certain(name, answer):
    """Whether an answer depends on nothing but the inputs; with work to do, a run asks the net."""
    if name != "dry_run" or answer is None:
        return answer is not None
    return answer["code"] == 0 and any(NOTHING_TO_DO in line for line in answer["said"])


def answers(state, questions):
    """Name -> answer of each question, asked side by side unless it is known for this state."""
    known = recalled(state)
    unknown = {name: ask for name, ask in questions.items() if name not in known}
    with ThreadPoolExecutor() as pool:
        asked = {name: pool.submit(ask) for name, ask in unknown.items()}
    found = known | {name: one.result() for name, one in asked.items()}
    if unknown:
        keep(state, {name: one for name, one in found.items() if certain(name, one)})
    return found


def recalled(state):
    """What is known for this state."""
    try:
        kept = json.loads((KEPT / "updates.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept["answers"] if kept["state"] == state else {}


def keep(state, found):
    """Replace what was known; where that cannot be, the next question costs time."""
    with suppress(OSError):
        KEPT.mkdir(mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=KEPT)
        with os.fdopen(handle, "w", encoding="utf-8") as half:
            json.dump({"state": state, "answers": found}, half)
        Path(name).replace(KEPT / "updates.json")
