"""The sentences of a warning, French first.

They name controls and whom to call, never what a check has seen: they stand on screens and in mail.
"""

from __future__ import annotations

from dataclasses import dataclass

from socle.harmless import line
from socle.watch.model import Notice

NAMED = 3  # titles in a warning on the screen; the mail has them all


@dataclass(frozen=True)
class Words:
    """One language. ``{n}``, ``{host}``… are filled in; "one|many" by the number."""

    subject: str
    restored: str
    new: str
    others: str
    call: str
    nobody: str
    seen: str
    every: str
    moment: str  # strftime's
    closing: str


FRENCH = Words(
    subject="Sécurité de {host} : {n} promesse n'est plus tenue"
    "|Sécurité de {host} : {n} promesses ne sont plus tenues",
    restored="Sécurité de {host} : toutes les promesses sont tenues",
    new="nouveau",
    others="et {n} autre|et {n} autres",
    call="À appeler : {contact}",
    nobody="À appeler : votre prestataire informatique",
    seen="Constaté sur {host} ({practice}) le {moment}.",
    every="Ne sont pas tenues :",
    moment="%d/%m/%Y à %H:%M (UTC%z)",
    closing="La machine elle-même envoie ce message. Il ne contient aucune donnée de patient.",
)
ENGLISH = Words(
    subject="Security of {host}: {n} promise is broken|Security of {host}: {n} promises are broken",
    restored="Security of {host}: all promises hold",
    new="new",
    others="and {n} other|and {n} others",
    call="Call: {contact}",
    nobody="Call: your IT provider",
    seen="Seen on {host} ({practice}) on {moment}.",
    every="Broken:",
    moment="%Y-%m-%d at %H:%M (UTC%z)",
    closing="The machine itself sends this message. There is no patient data in it.",
)
WORDS = {"fr": FRENCH, "en": ENGLISH}


def subject(notice: Notice, language: str = "fr") -> str:
    """One line: which host, and how many promises."""
    words, n = WORDS[language], len(notice.broken)
    sentence = _counted(words.subject, n) if n else words.restored
    return sentence.format(n=n, host=line(notice.host))


def call(notice: Notice, language: str = "fr") -> str:
    """Whom to call, on one line."""
    words = WORDS[language]
    contact = line(notice.contact.strip())
    return words.call.format(contact=contact) if contact else words.nobody


def short(notice: Notice, language: str = "fr") -> str:
    """For a screen: at most `NAMED` titles, the new ones first."""
    titles = _titles(notice, language)
    lines = [f"• {title}" for title in titles[:NAMED]]
    if (more := len(titles) - NAMED) > 0:
        lines.append(_counted(WORDS[language].others, more).format(n=more))
    return "\n".join(lines)


def full(notice: Notice, language: str = "fr") -> str:
    """For a mail: every title, when it was seen, whom to call."""
    words = WORDS[language]
    moment = notice.when.astimezone().strftime(words.moment)
    place = {"host": line(notice.host), "practice": line(notice.practice)}
    broken = "\n".join([words.every, *(f"- {title}" for title in _titles(notice, language))])
    parts = [subject(notice, language), words.seen.format(moment=moment, **place)]
    if notice.broken:
        parts += [broken, call(notice, language)]
    return "\n\n".join([*parts, words.closing])


def _titles(notice: Notice, language: str) -> list[str]:
    """The titles, those that have just got worse first and marked."""
    new = WORDS[language].new
    known = [title for title in notice.broken if title not in notice.worse]
    worse = [title for title in notice.broken if title in notice.worse]
    return [f"{line(getattr(title, language))} ({new})" for title in worse] + [
        line(getattr(title, language)) for title in known
    ]


def _counted(sentence: str, n: int) -> str:
    one, _, many = sentence.partition("|")
    return one if n == 1 else many
