"""What stands behind a verdict, as data: from the check to every page, and into bundles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from socle.messages import Message, message

_NAMED = ("seen: ", "wanted: ", "fix: ", "measured: ")
Part = tuple[str, Message]
"""What a part of an answer is called (why, measured, seen, wanted, fix), and what it says."""


@dataclass(frozen=True)
class Terms:
    """The waiver that a verdict takes into account. ``until``: its last day, ISO 8601."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # in a bundle that is read

    until: str
    expired: bool
    reason: str
    compensating: str
    approved_by: str


@dataclass(frozen=True)
class Grounds:
    """What was seen, what is wanted and how to put it right; or the reason without a measure.

    ``seen``: of each expectation, as long as they held; of the one that did not.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    seen: tuple[Message, ...] = ()
    wanted: Message | None = None
    fix: Message | None = None
    reason: Message | None = None
    waiver: Terms | None = None

    def parts(self, verdict: str, measured: str) -> list[Part]:
        """All of it in the order in which it is read; ``measured``: the verdict without waiver."""
        before, after = _terms(self.waiver, verdict)
        told = [("measured", Message(str(measured)))] if before or verdict != measured else []
        return [*before, *told, *self._found(), *after]

    def text(self, verdict: str, measured: str) -> str:
        """The same in lines, in the source language; nobody reads it back."""
        bare = {"why"} if self.wanted else {"why", "seen"}
        return "\n".join(
            _sentence(said) if name in bare else f"{name}: {said}"
            for name, said in self.parts(verdict, measured)
        )

    def each(self, change: Callable[[str], str]) -> Grounds:
        """The same with every text that is not ours changed."""

        def one(said: Message | None) -> Message | None:
            return said and said.each(change)

        terms = self.waiver and replace(
            self.waiver,
            reason=change(self.waiver.reason),
            compensating=change(self.waiver.compensating),
            approved_by=change(self.waiver.approved_by),
        )
        seen = tuple(said.each(change) for said in self.seen)
        return Grounds(seen, one(self.wanted), one(self.fix), one(self.reason), terms)

    def _found(self) -> Iterator[Part]:
        if self.reason:
            yield "why", self.reason
        if self.seen:
            one = self.seen[0] if len(self.seen) == 1 else message("{seen;}", seen=self.seen)
            yield "seen", one
        if self.wanted:
            yield "wanted", self.wanted
        if self.fix:
            yield "fix", self.fix


def _sentence(said: Message) -> str:
    """A line that cannot be taken for one of the lines that have a name."""
    text = str(said)
    return f'"{text}"' if text.startswith(_NAMED) else text


def _terms(waiver: Terms | None, verdict: str) -> tuple[list[Part], list[Part]]:
    """What a waiver has to say before what was found, and after it."""
    if waiver is None:
        return [], []
    until, why = waiver.until, waiver.reason
    if verdict == "unknown":
        covers = (
            message("a waiver covers this control here, expired on {until}", until=until)
            if waiver.expired
            else message("a waiver covers this control here, valid until {until}", until=until)
        )
        return [], [("why", covers)]
    if waiver.expired:
        expired = message("waiver expired on {until} ({reason})", until=until, reason=why)
        renew = Message("renew the waiver or remove it from waivers.yml")
        return [("why", expired), ("fix", renew)], []
    if verdict == "fail":
        less = message(
            "the waiver until {until} accepts less than this: {reason}", until=until, reason=why
        )
        return [], [("why", less)]
    terms = message(
        "waived until {until} by {approved_by}: {reason}",
        until=until,
        approved_by=waiver.approved_by,
        reason=why,
    )
    instead = message("compensating: {measure}", measure=waiver.compensating)
    return [("why", terms), ("why", instead)], []
