"""The notebook of a live verification: asks ahead what was asked last time, keeps what was said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from socle.baseline.model import Host
from socle.verify.batch import Timed, ask_all
from socle.verify.checks import Unknown
from socle.verify.links import Link
from socle.verify.looks import elsewhere, look
from socle.verify.memory import Memory, Remembered, Turn
from socle.verify.questions import HERE, Answer, Question

NOBODY: Turn = ("", "")


@dataclass(frozen=True)
class Entry:
    """One question of a check and what came of it: an ``answer``, or why there is none.

    ``turn``: which host was watched, for which control. ``ahead``: answered before it was asked.
    """

    turn: Turn
    question: Question
    answer: Answer | None
    seconds: float
    live: bool = False
    ahead: bool = False
    trouble: Unknown | None = None


class Recorder:
    """Serves each check once from the answers that came before; all else is asked at its time.

    They came ahead, or another check has just asked the same. A check that asks twice wants to see
    a difference, so its second question is sent.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        """Without a ``memory`` each question is asked at its time."""
        self.entries: list[Entry] = []
        self._memory = memory
        self._turn = NOBODY
        self._ran: set[Turn] = set()
        self._ahead: dict[tuple[str, Question], Timed] = {}  # by the host that is watched
        self._served: set[tuple[Turn, Question]] = set()

    def turn(self, host: str, control: str) -> None:
        """From now on questions are those of ``control`` about ``host``."""
        self._turn = (host, control)
        self._ran.add(self._turn)

    def ask(self, question: Question, send: Callable[[], Answer], *, live: bool = False) -> Answer:
        """See `Notebook`."""
        known = None if live else self._take(question)
        if known is not None:
            self._note(Entry(self._turn, question, *known, ahead=True))
            return known.answer
        started = time.monotonic()
        try:
            answer = send()
        except Unknown as trouble:
            seconds = time.monotonic() - started
            self._note(Entry(self._turn, question, None, seconds, live, trouble=trouble))
            raise
        seconds = time.monotonic() - started
        self._note(Entry(self._turn, question, answer, seconds, live))
        if self._memory and not live:
            self._ahead[question.asked or self._turn[0], question] = Timed(answer, seconds)
        return answer

    def knows(self, host: str) -> bool:
        """Whether it is remembered what was asked of ``host``."""
        return bool(self._memory and self._memory.recall(host))

    def ask_ahead(self, link: Link, turns: Collection[Turn], like: Host | None = None) -> None:
        """Ask a host at once what these checks asked last time; look at it meanwhile.

        ``like``: another host, whose questions this one is asked instead, of which none is known.
        """
        host = link.target.name
        recalled = self._memory.recall(host) if self._memory else []
        if like is not None:
            recalled = self._asked_of(like, link.target)
        due = [one for one in recalled if not one.turns.isdisjoint(turns)]
        looks = [one for one in due if one.question.asked == HERE]
        eyes = threading.Thread(target=self._look, args=(host, looks), daemon=True)
        eyes.start()
        with suppress(Unknown):
            for question, timed in ask_all(link, [o for o in due if o not in looks]).items():
                self._ahead[host, question] = timed
        eyes.join()

    def remember(self, hosts: Iterable[str]) -> None:
        """Keep what was asked for the next time."""
        if self._memory is None:
            return
        for host in hosts:
            asked = [
                Remembered(one.question, one.seconds, frozenset([one.turn]))
                for one in self.entries
                if self._place(one) == host and not one.live and one.turn != NOBODY
            ]
            self._memory.keep(host, asked, self._ran)

    def _asked_of(self, other: Host, host: Host) -> list[Remembered]:
        """What ``other`` was asked about itself, now or last time, as questions about ``host``."""
        now = [
            Remembered(one.question, one.seconds, frozenset([one.turn]))
            for one in self.entries
            if one.turn[0] == other.name and not one.live
        ]
        found: dict[Question, Remembered] = {}
        for one in now or (self._memory.recall(other.name) if self._memory else []):
            controls = {control for watched, control in one.turns if watched == other.name}
            if one.question.asked not in (other.name, HERE) or not controls:
                continue
            question = _about(host, other, one.question)
            before = found[question].turns if question in found else frozenset()
            turns = before | {(host.name, control) for control in controls}
            found[question] = Remembered(question, one.seconds, turns)
        return list(found.values())

    def _take(self, question: Question) -> Timed | None:
        place = question.asked or self._turn[0]
        if (self._turn, question) in self._served:
            return None
        self._served.add((self._turn, question))
        return self._ahead.get((place, question))

    def _note(self, entry: Entry) -> None:
        self.entries.append(entry)

    def _look(self, host: str, looks: Iterable[Remembered]) -> None:
        for one in looks:
            started = time.monotonic()
            with suppress(OSError, ValueError):  # then the check looks for itself
                answer = look(one.question)
                self._ahead[host, one.question] = Timed(answer, time.monotonic() - started)

    @staticmethod
    def _place(entry: Entry) -> str:
        """In whose memory it belongs: the host's that was asked, or looked at from here."""
        return entry.question.asked or entry.turn[0]


def _about(host: Host, other: Host, question: Question) -> Question:
    """The question that was asked of ``other``, or a look at its ports, about ``host`` instead."""
    if question.asked == other.name:
        return replace(question, asked=host.name)
    return elsewhere(question, dict(zip(other.addresses, host.addresses, strict=False)))
