"""The alerting room's promise: the machine looks at itself, tells somebody, and is listened to."""

from __future__ import annotations

import pytest

from roles.alerting import watch
from socle.verify import AGAIN, control, expect, not_applicable, note

LOOK = "systemctl start socle-watch.service; socle-watch status says what it found"


@pytest.fixture
def seen(host, settings):
    """The machine's own words about its watch, asked once."""
    if not settings.alerting_enabled:
        not_applicable("alerting_enabled is false: the operator alone looks at this machine")
    return watch.ask(host)


@control("alerting")
def test_the_machine_watches_itself_and_somebody_listens(seen, settings):
    """The timer will fire; the last look is young; what it found is known to somebody."""
    timer = seen.timer
    expect(
        timer.enabled == "enabled" and timer.active == "active" and timer.following,
        seen=f"socle-watch.timer: {timer.enabled or 'absent'}, {timer.active}, "
        f"next {timer.following or 'never'}",
        wanted="enabled, active, and a next start",
        fix=AGAIN,
    )
    expect(
        seen.content == seen.program,
        seen=f"program delivered: {seen.program or 'none'}, its files are {seen.content}",
        wanted="the files as they were delivered",
        fix=AGAIN,
    )
    if not seen.looking:  # a look in progress judges all but itself
        expect_report(seen, settings)
    expect(
        not seen.failed,
        seen=f"failed units: {', '.join(seen.failed) or 'none'}",
        wanted="none",
        fix="systemctl status UNIT says why; mend it, then systemctl reset-failed UNIT",
    )
    full = [
        f"{place} {used} %" for place, used in seen.disks if used > settings.alerting_disk_percent
    ]
    fullest = max((used for _, used in seen.disks), default=0)
    expect(
        not full,
        seen="file systems too full: " + (", ".join(full) or f"none (the fullest {fullest} %)"),
        wanted=f"{settings.alerting_disk_percent} % at most",
        fix="make room, or a larger disk: a full disk stops logs, updates and copies",
    )
    ill = [f"{disk}: {state}" for disk, state in seen.smart if state != "healthy"]
    note("smart", disks=len(seen.smart))
    expect(
        not ill,
        seen="disks that SMART reports: " + (", ".join(ill) or f"{len(seen.smart)}, none failing"),
        wanted="none that announces its end",
        fix="check today's copy (socle backup status), then replace the disk",
    )


def expect_report(seen, settings):
    """The last look: young, by the program delivered, told to people, and answered by them."""
    report = seen.report
    expect(
        report,
        seen=f"last look: {report['time'] if report else 'none'}",
        wanted="a report",
        fix=LOOK,
    )
    expect(
        not report["trouble"],
        seen=f"the last look failed: {report['trouble']}"
        if report["trouble"]
        else f"the last look judged {len(report['verdicts'])} promises",
        wanted="a look that measures",
        fix=LOOK,
    )
    hours = seen.age_hours
    expect(
        -1 <= hours <= settings.alerting_evidence_hours,
        seen=f"the last look was {hours:.0f} hours ago",
        wanted=f"{settings.alerting_evidence_hours} hours at most, and not in the future",
        fix=f"journalctl -u socle-watch.service says what kept it; {LOOK}",
    )
    expect(
        report["program"] == seen.program,
        seen=f"it was made by the program {report['program']}, delivered is {seen.program}",
        wanted="the program delivered last",
        fix=LOOK,
    )
    undone = [f"{one['way']} to {one['to']}: {one['reason']}" for one in report["attempts"]
              if not one["ok"]]  # fmt: skip
    expect(
        not undone,
        seen="could not be told: " + ("; ".join(undone) or f"none of {len(report['attempts'])}"),
        wanted="each warning and each bundle reached its place",
        fix="mend what the reason names (relay, account, place); then " + LOOK,
    )
    expect(
        not seen.ignored,
        seen="broken, and acknowledged by nobody: " + (", ".join(seen.ignored) or "none"),
        wanted="none",
        fix="mend it, or as root: socle-watch acknowledge CONTROL --who NAME --why WORDS",
    )
