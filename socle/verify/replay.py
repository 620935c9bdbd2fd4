"""A bundle in place of the machines: the same checks, the answers of then, no network."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from socle.baseline import load
from socle.baseline.checkout import own_root
from socle.baseline.known_hosts import entry_name
from socle.baseline.model import Connection, Host, Origin, Practice, Waiver
from socle.baseline.rooms import promises
from socle.errors import BadPractice, Problem, SocleError
from socle.evidence import model
from socle.evidence.model import Accepted, Bundle, Declared, Said
from socle.messages import Message, message
from socle.verify.checks import Unknown, Unreachable
from socle.verify.collect import digest
from socle.verify.links import Link
from socle.verify.questions import Answer, Question, short
from socle.verify.run import verify
from socle.verify.verdicts import Outcome

Key = tuple[str, str, str]  # who was asked, the kind of question, the digest of its words


class Replay:
    """Answers what a bundle answers (socle.verify.connections.Links); all else is unknown.

    A question that a check asked several times has its answers in that order. A check that did
    not ask it gets the answers that others were given.
    """

    def __init__(self, bundle: Bundle, hosts: Mapping[str, Host]) -> None:
        """``hosts``: those of the practice that checks may ask."""
        self.notebook = self
        self._turn = ""
        self._said: dict[Key, list[Said]] = defaultdict(list)
        for said in bundle.answers:
            self._said[said.asked, said.kind, said.digest].append(said)
        self._given: dict[tuple[Key, str], int] = defaultdict(int)
        self._links = {name: Link(host, (), self) for name, host in hosts.items()}
        for name, link in self._links.items():
            declared = bundle.practice.hosts.get(name)
            trouble = declared.trouble if declared else None
            link.pretend_open(Unreachable(trouble) if trouble else None)

    def link(self, name: str) -> Link:
        """The link of a host, which leads into the bundle."""
        return self._links[name]

    def open(self, names: Iterable[str]) -> None:
        """Nothing to be done."""

    def begin(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Nothing to be done."""

    def turn(self, host: str, control: str) -> None:  # noqa: ARG002
        """From now on the questions are those of ``control``."""
        self._turn = control

    def used(self) -> Mapping[str, Link]:
        """No host was asked anything."""
        return {}

    def close(self) -> None:
        """Nothing to be done."""

    def ask(self, question: Question, send: Callable[[], Answer], *, live: bool = False) -> Answer:  # noqa: ARG002
        """See `Notebook`. Raises what was raised then, or Unknown without an answer."""
        key = (question.asked, question.kind, digest(question))
        said = self._said.get(key, [])
        own = [one for one in said if one.control == self._turn] or said
        count = self._given[key, self._turn]
        self._given[key, self._turn] += 1
        if count >= len(own):
            raise Unknown(
                message(
                    "the bundle has no further answer to: {question}"
                    if said
                    else "the bundle has no answer to: {question}",
                    question=short(question.words),
                )
            )
        return _answer(own[count])


def practice_of(bundle: Bundle, folder: Path, root: Path) -> Practice:
    """The practice as it was resolved then, judged by the rooms of the checkout ``root``.

    ``folder``: an empty one; what the practice knew of host keys is put there.
    """
    return practice_from(bundle.practice, bundle.host.name, folder, root)


def practice_from(declared: model.Practice, name: str, folder: Path, root: Path) -> Practice:
    """The same, of what a bundle or a machine knows of the practice; ``name``: whose waivers."""
    known = folder / "known_hosts"
    known.write_text(_known_hosts(declared), encoding="utf-8")
    hosts = {host: _host(host, one, declared, known) for host, one in declared.hosts.items()}
    groups: dict[str, list[str]] = defaultdict(list)
    for host in hosts.values():
        for group in host.groups:
            groups[group].append(host.name)
    return Practice(
        name=declared.name,
        folder=folder,
        root=root,
        hosts=hosts,
        groups={group: tuple(names) for group, names in groups.items()},
        rooms=promises(root),
        waivers=hosts[name].waivers if name in hosts else (),
        id=declared.id,
        title=declared.name,
    )


def resolved_again(bundle: Bundle, folder: Path, root: Path, baseline: Path) -> Practice:
    """The practice's own files against another ``baseline``, a folder with group_vars/.

    Dates are those of the bundle. What was computed from secrets stays as it was. Raises
    SocleError where the files do not fit that baseline.
    """
    if not (baseline / "group_vars").is_dir():
        raise SocleError(f"{baseline}: expected a baseline, a folder with group_vars/")
    place = folder / "inventories" / bundle.practice.name
    files = {"known_hosts": _known_hosts(bundle.practice), **bundle.practice.files}
    for name, text in files.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    try:
        loaded = load(place, root, bundle.collected.date(), baseline.absolute())
    except BadPractice as error:  # the practice's files lie where nobody can look them up
        raise BadPractice(_in_the_bundle(one, folder) for one in error.problems) from None
    kept = {
        room.prefix + name for room in loaded.rooms for name in room.settings.derived_from_secrets
    }
    hosts = {
        name: replace(host, settings={**host.settings, **_of_then(bundle, name, kept)})
        for name, host in loaded.hosts.items()
    }
    return replace(loaded, hosts=hosts)


def _in_the_bundle(problem: Problem, folder: Path) -> Problem:
    if not problem.file.is_relative_to(folder):
        return problem
    return replace(problem, file=problem.file.relative_to(folder))


def _known_hosts(declared: model.Practice) -> str:
    """What the operator knew of the hosts' keys: not what the judge knows."""
    return "".join(
        f"{entry_name(one.address, one.port)} {key}\n"
        for one in declared.hosts.values()
        for key in one.host_keys
    )


def _of_then(bundle: Bundle, name: str, kept: Collection[str]) -> dict[str, object]:
    declared = bundle.practice.hosts.get(name)
    settings = declared.settings if declared else {}
    return {key: value for key, value in settings.items() if key in kept}


def _answer(said: Said) -> Answer:
    if said.trouble is not None or said.code is None:
        kind = Unreachable if said.unreachable else Unknown
        raise kind(said.trouble or Message("nothing was answered"))
    encoding = "latin-1" if said.raw else "utf-8"
    stdout, stderr = (text.encode(encoding, "replace") for text in (said.stdout, said.stderr))
    return Answer(said.code, stdout, stderr)


def _host(name: str, declared: Declared, practice: model.Practice, known: Path) -> Host:
    connection = Connection(
        declared.method, declared.address, declared.port, known_hosts_file=known
    )
    waivers = tuple(_waiver(one) for one in practice.waivers if name in one.hosts)
    return Host(
        name=name,
        groups=declared.groups,
        addresses=declared.addresses,
        connection=connection,
        settings=declared.settings,
        waivers=waivers,
    )


def _waiver(one: Accepted) -> Waiver:
    return Waiver(
        control=one.control,
        hosts=one.hosts,
        set=one.set,
        reason=one.reason,
        compensating=one.compensating,
        approved_by=one.approved_by,
        until=date.fromisoformat(one.until),
        origin=Origin("waiver"),
        region=one.region,
    )


def judge(
    bundle: Bundle, baseline: Path | None = None, root: Path | None = None
) -> tuple[Practice, list[Outcome]]:
    """Judge a bundle again with the checks of this Socle, by the dates of the bundle.

    ``baseline``: settings are resolved again against this one; ``root``: a checkout whose checks
    judge instead. Raises SocleError as `load` does, and when the host is no longer among the
    practice's.
    """
    checkout = root or own_root()
    with tempfile.TemporaryDirectory(prefix="socle-") as name:
        folder = Path(name).resolve()
        practice = (
            practice_of(bundle, folder, checkout)
            if baseline is None
            else resolved_again(bundle, folder, checkout, baseline)
        )
        outcomes = verify(
            practice,
            limit=[bundle.host.name],
            connect=lambda hosts: Replay(bundle, hosts),
            moment=bundle.collected,
        )
    return practice, outcomes
