"""The alerting room's promise: the machine looks at itself, tells somebody, and is listened to."""

from __future__ import annotations

import pytest

from roles.alerting import watch
from socle.verify import AGAIN, control, expect, message, not_applicable, note

LOOK = message("systemctl start socle-watch.service; socle-watch status says what it found")


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
        seen=message(
            "socle-watch.timer: {enabled}, {active}, next {moment}",
            enabled=timer.enabled or message("absent"),
            active=timer.active,
            moment=timer.following or message("never"),
        ),
        wanted="enabled, active, and a next start",
        fix=AGAIN,
    )
    expect(
        seen.content == seen.program,
        seen=message(
            "program delivered: {program}, its files are {content}",
            program=seen.program or message("none"),
            content=seen.content,
        ),
        wanted="the files as they were delivered",
        fix=AGAIN,
    )
    if not seen.looking:  # a look in progress judges all but itself
        expect_report(seen, settings)
    expect(
        not seen.failed,
        seen=message("failed units: {units}", units=seen.failed or message("none")),
        wanted="none",
        fix="systemctl status UNIT says why; mend it, then systemctl reset-failed UNIT",
    )
    full = [
        f"{place} {used} %" for place, used in seen.disks if used > settings.alerting_disk_percent
    ]
    fullest = max((used for _, used in seen.disks), default=0)
    expect(
        not full,
        seen=message("file systems too full: {places}", places=full)
        if full
        else message("file systems too full: none (the fullest {percent} %)", percent=fullest),
        wanted=message("{percent} % at most", percent=settings.alerting_disk_percent),
        fix="make room, or a larger disk: a full disk stops logs, updates and copies",
    )
    ill = [
        message("{disk}: {state}", disk=disk, state=state)
        for disk, state in seen.smart
        if state != watch.HEALTHY
    ]
    note("smart", disks=len(seen.smart))
    expect(
        not ill,
        seen=message("disks that SMART reports: {disks}", disks=ill)
        if ill
        else message("disks that SMART reports: {n}, none failing", n=len(seen.smart)),
        wanted="none that announces its end",
        fix="check today's copy (socle backup status), then replace the disk",
    )


def expect_report(seen, settings):
    """The last look: young, by the program delivered, told to people, and answered by them."""
    report = seen.report
    expect(
        report,
        seen=message("last look: {moment}", moment=report["time"] if report else message("none")),
        wanted="a report",
        fix=LOOK,
    )
    expect(
        not report["trouble"],
        seen=message("the last look failed: {trouble}", trouble=report["trouble"])
        if report["trouble"]
        else message("the last look judged {n} promises", n=len(report["verdicts"])),
        wanted="a look that measures",
        fix=LOOK,
    )
    hours = seen.age_hours
    expect(
        -1 <= hours <= settings.alerting_evidence_hours,
        seen=message("the last look was {hours} hours ago", hours=round(hours)),
        wanted=message(
            "{hours} hours at most, and not in the future", hours=settings.alerting_evidence_hours
        ),
        fix=message("journalctl -u socle-watch.service says what kept it; {look}", look=LOOK),
    )
    expect(
        report["program"] == seen.program,
        seen=message(
            "it was made by the program {program}, delivered is {delivered}",
            program=report["program"],
            delivered=seen.program,
        ),
        wanted="the program delivered last",
        fix=LOOK,
    )
    attempts = report["attempts"]
    undone = [
        message("{way} to {to}: {reason}", way=one["way"], to=one["to"], reason=one["reason"])
        for one in attempts
        if not one["ok"]
    ]
    expect(
        not undone,
        seen=message("could not be told: {attempts;}", attempts=undone)
        if undone
        else message("could not be told: none of {n}", n=len(attempts)),
        wanted="each warning and each bundle reached its place",
        fix=message("mend what the reason names (relay, account, place); then {look}", look=LOOK),
    )
    expect(
        not seen.ignored,
        seen=message(
            "broken, and acknowledged by nobody: {controls}",
            controls=seen.ignored or message("none"),
        ),
        wanted="none",
        fix="mend it, or as root: socle-watch acknowledge CONTROL --who NAME --why WORDS",
    )
