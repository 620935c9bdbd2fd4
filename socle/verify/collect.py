"""From a live verification to its bundles: one a host, with everything masked that has to be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from socle.baseline.export import hidden_names, patient_folders, secret_names
from socle.baseline.known_hosts import host_keys
from socle.baseline.model import Host, Practice, Waiver
from socle.baseline.vault import is_encrypted
from socle.errors import SocleError
from socle.evidence import model
from socle.evidence.redaction import Redactor, strings
from socle.harmless import line
from socle.messages import Message
from socle.verify.checks import Unknown
from socle.verify.links import Link
from socle.verify.questions import Answer, Question
from socle.verify.recorder import Entry
from socle.verify.verdicts import Outcome

FILES = (
    "hosts.yml",
    "practice.yml",
    "waivers.yml",
    "known_hosts",
    "group_vars/**/*.yml",
    "host_vars/**/*.yml",
)


@dataclass(frozen=True)
class Run:
    """A verification that has ended. ``links``: those that were used, by host.

    ``secrets``, ``folders``: what must be masked besides the practice's own, see `redactor`.
    """

    practice: Practice
    started: datetime
    finished: datetime
    entries: Sequence[Entry]
    outcomes: Sequence[Outcome]
    links: Mapping[str, Link]
    software: model.Software
    baseline: model.Baseline
    secrets: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def bundles(run: Run) -> Iterator[model.Bundle]:
    """One bundle for each host that has a verdict. Raises SocleError as `bundle_of`."""
    return (bundle_of(run, name) for name in hosts(run))


def hosts(run: Run) -> list[str]:
    """The hosts that have a verdict."""
    return list(dict.fromkeys(outcome.host for outcome in run.outcomes))


def bundle_of(run: Run, name: str) -> model.Bundle:
    """The bundle of one host.

    Raises SocleError where what the host said fits into none: a sentence about this host alone.
    """
    try:
        return _bundle(run, run.practice.hosts[name])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:100] for part in first["loc"])
        reason = f"{where}: {first['msg']}"
    except (ValueError, RecursionError) as error:
        reason = type(error).__name__
    raise SocleError(line(f"{name}: its bundle of evidence cannot be made: {reason}"))


def digest(question: Question) -> str:
    """By what a question is found again in a bundle."""
    return hashlib.sha256(_clean(question.words).encode()).hexdigest()[:32]


def secrets(practice: Practice) -> Iterator[str]:
    """Every value of the practice that must not be shown."""
    hidden = secret_names(practice)
    for host in practice.hosts.values():
        if host.connection.become_password:
            yield host.connection.become_password
        for name in hidden & host.settings.keys():
            yield from filter(None, strings(host.settings[name]))


def redactor(
    practice: Practice, further: Iterable[str] = (), folders: Iterable[str] = ()
) -> Redactor:
    """What masks the answers of a practice's hosts.

    ``further``: secrets that it does not know; ``folders``: of patients' data, likewise.
    """
    hosts = practice.hosts.values()
    known = [*patient_folders(practice.rooms, hosts), *folders]
    hidden = hidden_names(practice)
    declared_paths = [
        text
        for host in hosts
        for name, value in host.settings.items()
        if name not in hidden
        for text in strings(value)
        if text.startswith("/")
    ]
    values = [*secrets(practice), *further]
    as_verdicts_say_them = map(line, values)
    return Redactor([*values, *as_verdicts_say_them], known, declared_paths)


def _bundle(run: Run, host: Host) -> model.Bundle:
    masks = redactor(run.practice, run.secrets, run.folders)
    link = run.links.get(host.name)
    entries = [one for one in run.entries if one.turn[0] == host.name]
    return model.Bundle(
        collected=run.started,
        seconds=round((run.finished - run.started).total_seconds(), 3),
        software=run.software,
        baseline=run.baseline,
        host=_machine(host, link),
        practice=_practice(run, host, masks),
        answers=tuple(_said(one, masks) for one in entries),
        verdicts=tuple(_judged(o, masks) for o in run.outcomes if o.host == host.name),
        redacted=masks.count,
    )


def _machine(host: Host, link: Link | None) -> model.Machine:
    if link is None:
        return model.Machine(name=host.name)
    seen = link.identity
    return model.Machine(
        name=host.name, os_name=seen.os_name, machine=seen.machine, host_keys=seen.host_keys
    )


def _said(entry: Entry, masks: Redactor) -> model.Said:
    asked, answer = entry.question, entry.answer
    known = Question(asked.asked, asked.kind, masks.known(asked.words), asked.limit)
    stdout, stderr, raw = _texts(answer)
    return model.Said(
        control=entry.turn[1],
        asked=asked.asked,
        kind=asked.kind,
        words=masks.text(_clean(asked.words)),
        digest=digest(known),
        limit=float(asked.limit),
        seconds=round(entry.seconds, 3),
        code=None if answer is None else answer.code,
        stdout=masks.text(stdout),
        stderr=masks.text(stderr),
        raw=raw,
        trouble=_trouble(entry.trouble, masks),
        unreachable=entry.trouble is not None and entry.trouble.unreachable,
    )


def _clean(text: str) -> str:
    """The text without what no file can hold: halves of characters."""
    return text.encode("utf-8", "replace").decode()


def _trouble(trouble: Unknown | None, masks: Redactor) -> Message | None:
    return None if trouble is None else trouble.reason.each(_cleaned(masks))


def _cleaned(masks: Redactor) -> Callable[[str], str]:
    """What makes a text fit for a bundle."""
    return lambda text: masks.text(_clean(text))


def _texts(answer: Answer | None) -> tuple[str, str, bool]:
    """Both outputs as text, and whether they stand byte by byte."""
    if answer is None:
        return "", "", False
    try:
        return answer.stdout.decode(), answer.stderr.decode(), False
    except UnicodeDecodeError:
        return answer.stdout.decode("latin-1"), answer.stderr.decode("latin-1"), True


def _judged(outcome: Outcome, masks: Redactor) -> model.Judged:
    return model.Judged(
        control=outcome.control,
        verdict=str(outcome.verdict),
        grounds=outcome.grounds.each(_cleaned(masks)),
        measured=str(outcome.measured),
        seconds=outcome.seconds,
        unreachable=outcome.unreachable,
    )


def _practice(run: Run, host: Host, masks: Redactor) -> model.Practice:
    hidden = hidden_names(run.practice)
    hosts = {
        name: declared(one, run.links.get(name), hidden, masks)
        for name, one in run.practice.hosts.items()
    }
    files = _files(run.practice.folder)
    return model.Practice(
        name=run.practice.name,
        hosts=hosts,
        waivers=tuple(accepted(waiver, masks) for waiver in host.waivers),
        files={path: masks.text(text) for path, text in files},
        id=run.practice.id,
    )


def declared(
    host: Host, link: Link | None, hidden: frozenset[str], masks: Redactor
) -> model.Declared:
    """What a bundle says of a host. ``hidden``: names of the settings that it leaves out."""
    trouble = link.trouble if link is not None else None
    settings = {name: value for name, value in host.settings.items() if name not in hidden}
    return model.Declared(
        groups=host.groups,
        addresses=host.addresses,
        method=host.connection.method,
        address=host.connection.address,
        port=host.connection.port,
        host_keys=tuple(host_keys(host.connection)),
        settings=masks.data(settings),
        trouble=_trouble(trouble, masks),
    )


def accepted(waiver: Waiver, masks: Redactor) -> model.Accepted:
    """What a bundle says of a waiver."""
    return model.Accepted(
        control=waiver.control,
        hosts=waiver.hosts,
        set=masks.data(dict(waiver.set)),
        reason=masks.text(waiver.reason),
        compensating=masks.text(waiver.compensating),
        approved_by=masks.text(waiver.approved_by),
        until=waiver.until.isoformat(),
        region=waiver.region,
    )


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for pattern in FILES:
        for path in sorted(folder.glob(pattern)):
            content = path.read_bytes()
            if not is_encrypted(content):
                yield path.relative_to(folder).as_posix(), content.decode("utf-8", "replace")
