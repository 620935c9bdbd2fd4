"""The command line: ``socle-backup COMMAND``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from backup import config, locks, status
from backup.errors import BackupError, Busy

OK, FAILED, USAGE, BUSY = 0, 1, 2, 75
CODES = (
    "Exit codes: 0 done and good; 1 something failed (the reason is printed); 2 wrong words; "
    "75 another backup is running."
)


def main(words: list[str] | None = None) -> int:
    """Run a command; its exit code."""
    os.umask(0o077)
    chosen = _parser().parse_args(words)
    try:
        if os.geteuid() != 0:
            raise BackupError("only root can do this")
        code: int = chosen.work(chosen)
    except Busy as error:
        return _error(error, BUSY)
    except BackupError as error:
        return _error(error, FAILED)
    except KeyboardInterrupt:
        return _error("interrupted", FAILED)
    except BrokenPipeError:
        return FAILED
    return code


def say(line: str) -> None:
    """A line for the operator or the journal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _error(error: BackupError | str, code: int) -> int:
    sys.stderr.write(f"socle-backup: {error}\n")
    return code


def _show(data: Any, chosen: argparse.Namespace, lines: Callable[[Any], list[str]]) -> None:
    if chosen.json:
        say(json.dumps(data))
    else:
        for line in lines(data):
            say(line)


def _run(chosen: argparse.Namespace) -> int:
    from backup import run  # noqa: PLC0415

    declared, secret = config.load(), config.secrets()
    with locks.alone("a backup"):
        record = run.run(declared, secret, tuple(chosen.repository))
    _show(record, chosen, run.lines)
    return OK if record["result"] == "ok" else FAILED


def _status(chosen: argparse.Namespace) -> int:
    _show(status.status(config.load(), config.secrets()), chosen, status.lines)
    return OK


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

    one = command("run", _run, "Back up to every online repository.")
    one.add_argument("--repository", action="append", default=[], metavar="NAME")
    command("status", _status, "What the repositories themselves say. Changes nothing.")
    return parser
