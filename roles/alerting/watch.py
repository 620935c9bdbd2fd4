"""What a machine says of its own watch: the timer, the last look, and its health."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roles.alerting.settings import CONTROL
from socle.messages import Message, message
from socle.verify import unknown
from socle.watch.broken import ignored

if TYPE_CHECKING:
    from testinfra.host import Host as TestinfraHost

_SCRIPT = Path(__file__).parent / "files/watch.sh"
_FAILING = 0x08 | 0x10  # smartctl(8), bits of the exit status: failing now, below a threshold
_DENIED = 0x03
HEALTHY = message("healthy")


@dataclass(frozen=True)
class Timer:
    """Of systemd. ``following``: when it fires next, empty when it does not."""

    enabled: str
    active: str
    following: str


@dataclass(frozen=True)
class Watch:
    """One machine's answer.

    ``looking``: it looks at itself right now. ``program``: the version delivered; ``content``:
    what its files are now. ``disks``: mount point and per cent in use. ``smart``: disk and
    `HEALTHY`, or what is wrong.
    """

    now: datetime
    timer: Timer
    looking: bool
    program: str
    content: str
    report: dict[str, Any] | None
    acknowledged: tuple[dict[str, Any], ...]
    failed: tuple[str, ...]
    disks: tuple[tuple[str, int], ...]
    smart: tuple[tuple[str, Message], ...]

    @property
    def age_hours(self) -> float:
        """How long ago the last look was, by the machine's own clock."""
        if self.report is None:
            return float("inf")
        then = datetime.fromisoformat(self.report["time"])
        return (self.now - then).total_seconds() / 3600

    @property
    def ignored(self) -> list[str]:
        """Broken promises that nobody has acknowledged, or not any more."""
        known = ((one["control"], one["until"]) for one in self.acknowledged)
        verdicts = self.report["verdicts"] if self.report else {}
        return ignored(verdicts, known, self.now, own=CONTROL)


def ask(host: TestinfraHost) -> Watch:
    """Ask the machine, in one command. Ends the check as unknown where it says nothing."""
    answer = host.run(_SCRIPT.read_text(encoding="utf-8"))
    lines = [line.split(" ") for line in answer.stdout.splitlines()]
    if not lines or lines[-1] != ["end"]:
        unknown(
            message(
                "the machine's answer about its watch is incomplete: {said}",
                said=answer.stderr.strip(),
            )
        )
    rows: dict[str, list[list[str]]] = {}
    for kind, *fields in lines:
        rows.setdefault(kind, []).append(fields)
    enabled, active, service, *following = rows["units"][0]
    return Watch(
        now=datetime.fromisoformat(rows["now"][0][0]),
        timer=Timer(enabled, active, " ".join(following)),
        looking=service == "activating",
        program=rows["program"][0][0],
        content=rows["program"][0][1],
        report=_json(rows, "report"),
        acknowledged=tuple(_json(rows, "acknowledged") or ()),
        failed=tuple(fields[0] for fields in rows.get("failed", ())),
        disks=tuple((" ".join(place), int(used)) for used, *place in rows.get("disk", ())),
        smart=tuple((disk, _health(int(code))) for disk, code in rows.get("smart", ())),
    )


def _json(rows: dict[str, list[list[str]]], kind: str) -> Any:
    """A file of the machine; None where it is not there, or is none of ours."""
    try:
        return json.loads(base64.b64decode(rows[kind][0][0]))
    except (ValueError, IndexError):
        return None


def _health(code: int) -> Message:
    if code & _FAILING:
        return message("failing")
    return message("cannot be asked") if code & _DENIED else HEALTHY
