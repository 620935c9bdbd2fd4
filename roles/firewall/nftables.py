"""What a host's packet filter really does: its live rules against those that were declared."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from socle.baseline.next_start import NextStart
from socle.baseline.next_start import next_start as read
from socle.machine.programs import Program
from socle.messages import Message, message
from socle.render import render

# Loads the rules of standard input into a throw-away network namespace and lists what came of it.
_IN_SCRATCH = (
    "echo {content} | base64 -d | unshare --net sh -c 'nft -f - && nft -s list table {table}'"
)

_CONNECTION = (files("socle") / "connection.sh").read_text(encoding="utf-8")
_PROBE = (Path(__file__).parent / "files/probe.py").read_text(encoding="utf-8")
_NEXT_START = Program(
    "sh -c",
    f"connection() (\n{_CONNECTION})\n"
    f'python3 -IS - "$(connection)" "$@" <<\'SOCLE\'\n{_PROBE}SOCLE',
)
_NEXT_START_SECONDS = 60


def live(host: Any, table: str) -> str:
    """The live rules of ``table`` ("inet socle") without counts; empty if it does not exist."""
    answer = host.run(f"nft -s list table {table}")
    return str(answer.stdout) if answer.rc == 0 else ""


def declared(host: Any, template: Path, settings: Mapping[str, Any], table: str) -> str:
    """The rules that the template makes of the settings, as this host's nft would list them.

    Raises:
        RuntimeError: the host has no nft, or its nft does not take the rules.
    """
    content = base64.b64encode(render(template, settings).encode()).decode()
    answer = host.run(_IN_SCRATCH.format(content=content, table=table))
    if answer.rc != 0:
        raise RuntimeError(f"nft does not take the declared rules: {answer.stderr.strip()}")
    return str(answer.stdout)


def at_boot(host: Any, file: str, table: str) -> str:
    """The rules that ``file`` on the host would load, as its nft lists them; empty if none."""
    answer = host.run(f"unshare --net sh -c 'nft -f {file} && nft -s list table {table}'")
    return str(answer.stdout) if answer.rc == 0 else ""


def next_start(host: Any, *ours: str) -> NextStart:
    """What other programs load at the next start beside ``ours``, and what comes of it.

    Raises:
        RuntimeError: the host could not try it out.
    """
    answer = _NEXT_START.run(host, "socle", *ours, timeout=_NEXT_START_SECONDS)
    found = read(answer.stdout.splitlines())
    if not found.complete:
        raise RuntimeError("what the next start loads could not be tried out")
    return found


def first_difference(live: str, declared: str) -> Message:
    """The first rule that one of two listings has and the other has not."""
    if live == declared:
        return message("the rules are the declared ones")
    if not live:
        return message("absent")
    ours, theirs = live.splitlines(), declared.splitlines()
    known, seen = set(theirs), set(ours)
    for line in ours:
        if line not in known:
            return message("undeclared rule: {rule}", rule=line.strip())
    for line in theirs:
        if line not in seen:
            return message("missing rule: {rule}", rule=line.strip())
    return message("the rules are not in the declared order")


def packets(host: Any, table: str, counter: str) -> int:
    """How many packets the named counter of ``table`` has seen.

    Raises:
        RuntimeError: there is no such counter.
    """
    answer = host.run(f"nft -j list counter {table} {counter}")
    if answer.rc != 0:
        raise RuntimeError(f"no counter {counter} in table {table}")
    return _counted(answer.stdout)


def attempt(host: Any, address: str, port: int, counter: tuple[str, str]) -> tuple[bool, int]:
    """Try a TCP connection from the host: whether it came about, and packets counted meanwhile.

    It is made as nobody: flows may let root do more. ``counter``: table and name. Raises:
        RuntimeError: there is no such counter.
    """
    count = f"nft -j list counter {' '.join(counter)}"
    # One execution, and never beside other questions: nothing else is to be counted.
    script = (
        f"{count} || exit 2\n"
        f"timeout 3 setpriv --reuid=65534 --regid=65534 --clear-groups "
        f"bash -c 'exec 3<>/dev/tcp/{address}/{port}' && echo connected || echo no\n"
        f"{count}"
    )
    answer = host.run(script, live=True)
    lines = answer.stdout.splitlines()
    if answer.rc != 0 or len(lines) < 3:  # noqa: PLR2004 - count, end, count
        raise RuntimeError(f"no counter {counter[1]} in table {counter[0]}")
    return "connected" in lines, _counted(lines[-1]) - _counted(lines[0])


def _counted(listed: str) -> int:
    entries = json.loads(listed)["nftables"]
    return int(next(entry["counter"]["packets"] for entry in entries if "counter" in entry))
