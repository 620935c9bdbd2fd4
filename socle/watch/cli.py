"""``socle-watch`` on a machine: look at oneself, show the last look, acknowledge what is broken."""

from __future__ import annotations

import argparse
import os
import sys

from socle import harmless
from socle.errors import SocleError
from socle.watch import report
from socle.watch.declaration import read

_MASK = 0o077


def main() -> None:
    """Run the command. Exit code: 0 done, 1 nothing was measured, 2 the words are wrong."""
    os.umask(_MASK)
    words = _parser().parse_args()
    if os.geteuid() != 0:
        sys.exit("socle-watch: only root sees what this machine does")
    try:
        sys.exit(words.do(words))
    except SocleError as error:
        sys.stderr.write(f"socle-watch: {error}\n")
        sys.exit(error.exit_code)


def _run(_: argparse.Namespace) -> int:
    from socle.watch.run import ROOT, look  # noqa: PLC0415 - the other commands need none of it
    from socle.watch.telling import tell  # noqa: PLC0415

    declared = read()
    return _show(tell(look(), declared, ROOT))


def _status(_: argparse.Namespace) -> int:
    found = report.last()
    if found is None:
        raise SocleError("this machine has not looked at itself yet: systemctl start socle-watch")
    return _show(found)


def _acknowledge(words: argparse.Namespace) -> int:
    days = read().watch.acknowledge_days
    made = report.acknowledge(words.control, who=words.who, why=words.why, days=days)
    _say(f"{made.control}: acknowledged by {made.who} until {made.until}")
    return 0


def _show(found: report.Report) -> int:
    counts = dict.fromkeys(("pass", "fail", "waived", "not-applicable", "unknown"), 0)
    for verdict in found.verdicts.values():
        counts[verdict] += 1
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    _say(f"{found.host} {found.time}: {said or 'nothing measured'} ({found.seconds} s)")
    ignored = report.ignored(found)
    for control in found.broken:
        marks = ["broken", *(["new"] if control in found.worse else [])]
        marks += [] if control in ignored else ["acknowledged"]
        _say(f"  {control}: {', '.join(marks)}")
    for control in sorted(set(found.worse) - set(found.broken)):
        _say(f"  {control}: no longer good")
    for attempt in found.attempts:
        outcome = "done" if attempt["ok"] else f"failed: {attempt['reason']}"
        _say(f"  {attempt['way']} to {attempt['to']}: {outcome}")
    if found.trouble:
        _say(f"  nothing was measured: {found.trouble}")
    return 1 if found.trouble else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{harmless.line(line)}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="socle-watch", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="verify this machine now, warn, drop the evidence")
    run.set_defaults(do=_run)
    status = commands.add_parser("status", help="what the last look found")
    status.set_defaults(do=_status)
    known = commands.add_parser("acknowledge", help="say that somebody knows of a broken promise")
    known.add_argument("control", help="its id, as `socle-watch status` shows it")
    known.add_argument("--who", required=True, help="your name")
    known.add_argument("--why", required=True, help="what is being done about it")
    known.set_defaults(do=_acknowledge)
    return parser
