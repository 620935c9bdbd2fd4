"""Report documents to test with, made from a practice that needs no files.

`DECLARED`: what the rooms of this checkout say to a report.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from socle.baseline.model import Connection, Control, Host, Origin, Practice, Room, Waiver
from socle.grounds import Grounds
from socle.messages import Message, verbatim
from socle.report import declared
from socle.report.data import build
from socle.verify.verdicts import Outcome, Verdict

ROOT = Path(__file__).parents[1]
DECLARED = declared.of(ROOT)
STARTED = datetime(2026, 11, 30, 13, 4, 55, tzinfo=UTC)
HOSTILE = """seen: <script>alert("1")</script> & 'quotes' in `a <b>`"""


def promise(name, severity="high", groups=("all",)):
    title = {"fr": f"Promesse {name} de l'essai", "en": f"Promise {name}"}
    references = {"cnil_guide_2024": ["6.1"], "cis": {"debian12": ["1.7.4", "1.7.5"]}}
    return Control(name, "screen_lock", title, "session", severity, groups, references)


def practice(hosts=("accueil", "medecin"), controls=("lock", "sleep"), waivers=(), root=Path("/x")):
    def machine(name):
        secret = {"backup_password": "tres-secret"}
        link = Connection("ssh", "10.0.0.1", become_password="tres-secret")
        return Host(name, ("all", "workstations"), ("10.0.0.1",), link, secret)

    severities = ("critical", "low", "medium")
    promises = tuple(promise(name, severities[i % 3]) for i, name in enumerate(controls))
    room = Room("screen_lock", Path("/x"), object, promises, ())
    groups = {"all": hosts, "workstations": hosts}
    return Practice(
        "demo", Path("/x"), root, {h: machine(h) for h in hosts}, groups, (room,), waivers
    )


def outcome(host, control, verdict=Verdict.PASS, detail="30 s", away=False, *, facts=()):
    return Outcome(host, control, verdict, grounds(detail), verdict, 0.0123456, away, facts)


def grounds(detail):
    """What a check would have said: "seen: …" (then it wants something else), else a reason."""
    if not detail.startswith("seen: "):
        return Grounds(reason=verbatim(detail))
    seen = (verbatim(detail.removeprefix("seen: ")),)
    return Grounds(seen, Message("drop"), Message("deploy again"))


def waiver(until, control="lock"):
    values = {"screen_lock_idle_seconds": 120}
    reason = "Lecture d'images"
    return Waiver(
        control, ("medecin",), values, reason, "Salle fermée", "Dr N.", until, Origin("x")
    )


def crowded():
    """A large practice in which everything went wrong that can go wrong."""
    controls = tuple(f"promise-{i:02}" for i in range(54))
    hosts = tuple(f"machine-au-nom-long-{i}" for i in range(12))
    cabinet = practice(
        hosts, controls, tuple(waiver(date(2026, 12, i + 1), controls[i]) for i in range(9))
    )
    themes = [f"theme-{i}" for i in range(18)]
    for i, control in enumerate(cabinet.controls):
        object.__setattr__(control, "theme", themes[i % len(themes)])
    verdicts = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.WAIVED)
    wrong = [
        outcome(host, control, verdicts[(i + j) % 4], f"seen: {'a very long answer ' * 9}")
        for i, host in enumerate(hosts)
        for j, control in enumerate(controls)
    ]
    return document(cabinet, wrong)


def with_backups(*facts, verdict=Verdict.PASS):
    """One machine whose copies and restore tests left these facts."""
    cabinet = practice(("accueil",), ("backup-scheduled", "backup-restore-test"))
    copied = outcome("accueil", "backup-scheduled", facts=facts)
    return document(cabinet, [copied, outcome("accueil", "backup-restore-test", verdict)])


def copy(repository, day, place="on-site"):
    moment = f"2026-11-{day:02}T20:00:00Z"
    return {"kind": "copy", "repository": repository, "place": place, "time": moment}


def restore(repository, day, result="ok"):
    moment = f"2026-11-{day:02}T20:00:00Z"
    return {
        "kind": "restore", "repository": repository, "time": moment, "result": result,
        "files": 21, "bytes": 5000, "seconds": 1.5,
    }  # fmt: skip


def document(the_practice, outcomes):
    return build(
        the_practice,
        outcomes,
        started=STARTED,
        finished=STARTED + timedelta(seconds=12.34),
        os_names={"accueil": "Debian GNU/Linux 12"},
    )


def kept(the_practice):
    return [outcome(h, c.id) for h in the_practice.hosts for c in the_practice.controls]
