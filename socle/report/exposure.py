"""The doctor's question, answered in one sentence: can my data be reached from the Internet?

Never more than was measured: a look from outside is the only thing that lets the answer be "no".
Which data they are, a room says (`Exposed`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from socle.exposure.judge import Judged, Open
from socle.exposure.recognised import recognised
from socle.report.declared import Declared
from socle.report.history import Pair, Run
from socle.report.rooms import Exposed, Inside
from socle.report.typography import count, long_day, typeset
from socle.report.words import Text
from socle.verify.verdicts import Verdict

_WORDS = {
    "fr": {
        "yes": "Attention : {found}.",
        "and": " et ",
        "scan": "le contrôle extérieur du {day} ({n} ports TCP essayés sur {places})",
        "by_word": ", mené depuis une autre ligne selon son signataire",
        "no_scan": "aucun contrôle extérieur signé et récent ne le dit",
        "port": "un port non déclaré répond depuis Internet, {where}",
        "where": "{address} port {port}{what}, vu le {day}",
        "missing": "Non mesuré, ou il y a trop longtemps : {missing}.",
        "known": "Ce que l'on sait : {proofs} n'ont rien relevé.",
    },
    "en": {
        "yes": "Beware: {found}.",
        "and": " and ",
        "scan": "the look from outside of {day} ({n} TCP ports tried on {places})",
        "by_word": ", from another line by the word of who signed",
        "no_scan": "no signed and recent look from outside says so",
        "port": "an undeclared port answers from the Internet, {where}",
        "where": "{address} port {port}{what}, seen on {day}",
        "missing": "Not measured, or too long ago: {missing}.",
        "known": "What is known: {proofs} found nothing.",
    },
}


ANYTHING = Exposed(
    no=Text(
        "Rien d'autre que ce qui est déclaré n'est joignable depuis Internet, d'après {proofs}.",
        "Nothing but what is declared can be reached from the Internet, by {proofs}.",
    ),
    unknown=Text(
        "On ne sait pas ce qui est joignable depuis Internet : {reason}.",
        "Nobody knows what can be reached from the Internet: {reason}.",
    ),
    stranger=Text(
        "un logiciel laisse entrer un inconnu depuis Internet, {where}",
        "a program lets a stranger in from the Internet, {where}",
    ),
    port=Text(
        "un port de données de patients répond depuis Internet, {where}",
        "a port of patients' data answers from the Internet, {where}",
    ),
)
"""Where no room has words of its own."""


@dataclass(frozen=True)
class Fact:
    """The last verdict of a promise on a machine, and when it was given."""

    host: str
    inside: Inside
    verdict: Verdict
    when: datetime


@dataclass(frozen=True)
class Answer:
    """``open``: something answers; ``closed``: nothing does; else nobody knows."""

    state: Literal["open", "closed", "unknown"]
    text: str


def facts(
    runs: Sequence[Run], now: datetime, max_age_days: int, inside: Sequence[Inside]
) -> list[Fact]:
    """The last verdicts of what machines can tell from ``inside``, without those too old.

    A machine that the practice no longer has, by the last run, is left out.
    """
    telling = {one.control: one for one in inside}
    last: dict[Pair, Fact] = {}
    for run in runs:
        for (host, control), verdict in run.verdicts.items():
            if control in telling:
                last[host, control] = Fact(host, telling[control], verdict, run.finished)
    limit = now - timedelta(days=max_age_days)
    return [one for one in last.values() if one.when >= limit]


def answer(
    judged: Judged,
    places: Sequence[str],
    told: Sequence[Fact],
    rooms: Declared,
    language: str,
) -> Answer:
    """The sentence. ``places``: the public addresses that the look was judged for.

    ``told``: what machines told of what can be told from inside; ``rooms``: what rooms say of it.
    """
    words, exposed, inside = _WORDS[language], rooms.exposed or ANYTHING, rooms.inside
    bad = [*_opened(judged.open, exposed, language), *_bad(told, language)]
    if bad:
        return Answer("open", _set(words["yes"].format(found="; ".join(bad)), language))
    proofs = list(_good(told, inside, language))
    missing = [one.missing.said(language) for one in inside if not _measured(told, one)]
    note = " " + words["missing"].format(missing=", ".join(missing)) if missing else ""
    if judged.verdict is Verdict.PASS and judged.oldest is not None:
        day = long_day(judged.oldest, language)
        first = words["scan"].format(day=day, n=judged.ports, places=", ".join(places))
        first += "" if judged.proven else words["by_word"]
        text = exposed.no.said(language).format(proofs=_joined([first, *proofs], words))
        return Answer("closed", _set(text + note, language))
    text = exposed.unknown.said(language).format(reason=words["no_scan"])
    if proofs:
        text += " " + words["known"].format(proofs=_joined(proofs, words))
    return Answer("unknown", _set(text + note, language))


def seen(
    judged: Judged, places: Sequence[str], told: Sequence[Fact], rooms: Declared
) -> tuple[str, ...]:
    """What answers, a sentence each, in French; else the answer itself."""
    bad = [*_opened(judged.open, rooms.exposed or ANYTHING, "fr"), *_bad(told, "fr")]
    return tuple(bad) or (answer(judged, places, told, rooms, "fr").text,)


def _opened(found: Sequence[Open], exposed: Exposed, language: str) -> Iterator[str]:
    known, words = recognised(), _WORDS[language]
    for one in found:
        usual = known.purpose(one.port.port, language)
        where = words["where"].format(
            address=one.address,
            port=one.port.port,
            what=f" ({usual})" if usual else "",
            day=long_day(one.when, language),
        )
        text = words["port"]
        if one.port.images:
            text = exposed.stranger.said(language)
        elif one.port.port in known.patients:
            text = exposed.port.said(language)
        yield text.format(where=where)


def _bad(told: Sequence[Fact], language: str) -> Iterator[str]:
    """A waiver accepts a risk; it does not close a port."""
    for one in told:
        if one.verdict in (Verdict.FAIL, Verdict.WAIVED):
            day = long_day(one.when, language)
            yield one.inside.bad.said(language).format(host=one.host, day=day)


def _good(told: Sequence[Fact], inside: Sequence[Inside], language: str) -> Iterator[str]:
    for each in inside:
        passed = [one.when for one in told if one.inside == each and one.verdict is Verdict.PASS]
        if passed:
            day = long_day(min(passed), language)
            yield count(each.good.said(language), len(passed), language, day=day)


def _measured(told: Sequence[Fact], inside: Inside) -> bool:
    """Whether every machine that the control is for could be asked."""
    given = [one.verdict for one in told if one.inside == inside]
    applying = [verdict for verdict in given if verdict is not Verdict.NOT_APPLICABLE]
    return bool(applying) and Verdict.UNKNOWN not in applying


def _joined(parts: Sequence[str], words: Mapping[str, str]) -> str:
    return words["and"].join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)


def _set(text: str, language: str) -> str:
    return typeset(text, language)
