"""The command line: ``socle-backup COMMAND``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backup import (
    check,
    config,
    locks,
    offline,
    prune,
    quarantine,
    rehearsal,
    restore,
    run,
    state,
    status,
)
from backup.errors import Busy, explained

Work = Callable[[config.Config, config.Secrets, tuple[str, ...]], dict[str, Any]]
Lines = Callable[[Any], list[str]]

OFFLINE_PATIENCE = 6 * 3600.0
"""Seconds that a plugged-in disk waits for a backup that is running."""

OK, FAILED, USAGE, BUSY = 0, 1, 2, 75
CODES = (
    "Exit codes: 0 done and good; 1 something failed (the reason is printed); 2 wrong words; "
    "75 another backup is running."
)


def main(words: list[str] | None = None) -> int:
    """Run a command; its exit code. No error shows a file's name."""
    os.umask(0o077)
    chosen = _parser().parse_args(words)
    if os.geteuid() != 0:
        return _error("only root can do this", FAILED)
    try:
        code: int = chosen.work(chosen)
    except (Exception, KeyboardInterrupt) as error:
        return _error(explained(error), BUSY if isinstance(error, Busy) else FAILED)
    return code


def say(line: str) -> None:
    """A line for the operator or the journal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _error(error: str, code: int) -> int:
    sys.stderr.write(f"socle-backup: {error}\n")
    return code


def _show(data: Any, chosen: argparse.Namespace, lines: Callable[[Any], list[str]]) -> None:
    if chosen.json:
        say(json.dumps(data))
    else:
        for line in lines(data):
            say(line)


def _run(chosen: argparse.Namespace) -> int:
    declared, secret = config.load(), config.secrets()
    with locks.alone("a backup"):
        record = run.run(declared, secret, tuple(chosen.repository))
        copied = [name for name, one in record["repositories"].items() if one["snapshot"]]
        status.remember(declared, secret, copied)
    _show(record, chosen, run.lines)
    return OK if record["result"] == "ok" else FAILED


def _status(chosen: argparse.Namespace) -> int:
    found = status.status(config.load(), config.secrets(), attempts=chosen.try_delete)
    _show(found, chosen, status.lines)
    return OK


def _several(work: Work, lines: Lines) -> Callable[[argparse.Namespace], int]:
    """A command that answers name -> result, and is good where every result is."""

    def command(chosen: argparse.Namespace) -> int:
        declared, secret = config.load(), config.secrets()
        with locks.alone(chosen.command):
            results = work(declared, secret, tuple(chosen.repository))
        _show(results, chosen, lines)
        return OK if all(one["result"] == "ok" for one in results.values()) else FAILED

    return command


def _restore(chosen: argparse.Namespace) -> int:
    def tell(message: dict[str, Any]) -> None:
        say(json.dumps(message) if chosen.json else restore.line(message))

    wish = restore.Wish(
        chosen.repository,
        chosen.snapshot,
        chosen.path,
        Path(chosen.to),
        chosen.in_place,
        chosen.host,
    )
    with locks.alone("a restore"):
        restore.restore(config.load(), config.secrets(), wish, tell)
    return OK


def _rewind(chosen: argparse.Namespace) -> int:
    moment = state.moment(chosen.to)
    with locks.alone("rewind"):
        results = quarantine.rewind(config.load(), chosen.client, moment)
    _show(results, chosen, quarantine.lines)
    return OK


def _offline(chosen: argparse.Namespace) -> int:
    with locks.alone("a copy to an offline disk", patience=OFFLINE_PATIENCE):
        found = offline.offline(config.load(), config.secrets(), chosen.disk)
    _show(found, chosen, offline.lines)
    return OK if found["result"] == "ok" and found["released"] else FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="socle-backup", description="Backups of this machine.", epilog=CODES
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, work: Callable[[argparse.Namespace], int], text: str) -> Any:
        one = commands.add_parser(name, help=text, description=text, epilog=CODES)
        one.add_argument("--json", action="store_true", help="the answer as JSON")
        one.set_defaults(work=work)
        return one

    def for_repositories(
        name: str, work: Callable[[argparse.Namespace], int], text: str, what: str = "repository"
    ) -> None:
        one = command(name, work, text)
        one.add_argument(
            f"--{what}", dest="repository", action="append", default=[], metavar="NAME",
            help="only this one (may be repeated)",
        )  # fmt: skip

    for_repositories("run", _run, "Back up to every online repository.")
    one = command("status", _status, "What the repositories themselves say.")
    one.add_argument(
        "--try-delete",
        action="store_true",
        help="on each server, try to remove a canary (made for that) as a thief would",
    )
    for_repositories(
        "check", _several(check.check, check.lines), "Check structure and part of the data."
    )
    for_repositories(
        "restore-test",
        _several(rehearsal.rehearsals, rehearsal.lines),
        "Bring canary and real files back, compare, and sign the result.",
    )
    for_repositories(
        "prune", _several(prune.prune, prune.lines), "Let clients' old snapshots go.", "client"
    )
    for_repositories(
        "tidy",
        _several(lambda declared, _, only: quarantine.tidy(declared, only), quarantine.lines),
        "Move away what makes clients' repositories unreadable.",
        "client",
    )
    one = command("rewind", _rewind, "Make a client's repository what it was at a moment.")
    one.add_argument("client", metavar="CLIENT")
    one.add_argument(
        "--to", required=True, metavar="TIME", help="for instance 2026-11-22T02:10:00Z"
    )
    one = command("offline", _offline, "Fill an offline disk, and let it go.")
    one.add_argument("disk", metavar="DISK")
    one = command("restore", _restore, "Bring a path back. Run again, it goes on.")
    one.add_argument("--repository", required=True, metavar="NAME")
    one.add_argument("--snapshot", default="latest", metavar="ID", help="default: the newest")
    one.add_argument("--path", required=True, help="a file or folder as it was called, or /")
    one.add_argument("--to", required=True, metavar="DIR", help="it comes back below this folder")
    one.add_argument("--host", default="", help="on an offline disk: whose data (default: ours)")
    one.add_argument(
        "--in-place", action="store_true", help="replace what is there (files that are only there "
        "stay)",
    )  # fmt: skip
    return parser
