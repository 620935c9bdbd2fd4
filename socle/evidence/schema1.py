"""Bundles of schema 1, in which what a verdict stands on was text: read as if they were of today.

This alone takes such text apart. Only the last ``wanted`` and ``fix`` in it are believed to be
ours: in bundles of the oldest versions a machine could write a line that looked like one.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import FailFast

from socle.evidence import model
from socle.grounds import Grounds, Terms
from socle.harmless import line
from socle.messages import Message, verbatim


class _Said(model.Said):
    trouble: str | None = None  # type: ignore[assignment]


class _Declared(model.Declared):
    trouble: str | None = None  # type: ignore[assignment]


class _Practice(model.Practice):
    hosts: dict[model.HostName, _Declared]  # type: ignore[assignment]


class _Judged(model.Strict):
    control: model.Word
    verdict: model.Word
    detail: str
    measured: model.Word
    seconds: model.Seconds
    unreachable: bool = False


class _Bundle(model.Bundle):
    practice: _Practice
    answers: Annotated[tuple[_Said, ...], FailFast()]
    verdicts: Annotated[tuple[_Judged, ...], FailFast()]  # type: ignore[assignment]


def bundle(text: bytes) -> model.Bundle:
    """The bundle in a document of schema 1. Raises ValidationError."""
    read = _Bundle.model_validate_json(text, strict=True)
    hosts = {
        name: model.Declared.model_construct(**dict(one) | _trouble(one.trouble))
        for name, one in read.practice.hosts.items()
    }
    changed = {
        "practice": model.Practice.model_construct(**dict(read.practice) | {"hosts": hosts}),
        "answers": tuple(
            model.Said.model_construct(**dict(one) | _trouble(one.trouble)) for one in read.answers
        ),
        "verdicts": tuple(_judged(one, read) for one in read.verdicts),
    }
    return model.Bundle.model_construct(**dict(read) | changed)


def _trouble(said: str | None) -> dict[str, Message | None]:
    return {"trouble": None if said is None else verbatim(said)}


def _judged(one: _Judged, read: _Bundle) -> model.Judged:
    terms = next(
        (
            Terms(
                until=accepted.until,
                expired=accepted.until < read.collected.date().isoformat(),
                reason=_sentence(accepted.reason),
                compensating=_sentence(accepted.compensating),
                approved_by=_sentence(accepted.approved_by),
            )
            for accepted in read.practice.waivers
            if accepted.control == one.control and read.host.name in accepted.hosts
        ),
        None,
    )
    applies = terms if one.verdict != "not-applicable" else None
    return model.Judged.model_construct(
        control=one.control,
        verdict=one.verdict,
        grounds=grounds(one.detail, one.measured, applies),
        measured=one.measured,
        seconds=one.seconds,
        unreachable=one.unreachable,
    )


def grounds(detail: str, measured: str, waiver: Terms | None = None) -> Grounds:
    """What a ``detail`` says. ``measured``: the verdict without the ``waiver``."""
    lines = detail.strip().split("\n")
    if waiver is not None:
        lines = _without_terms(lines, measured)
    if measured == "pass":
        return Grounds(seen=_verbatim(lines), waiver=waiver)
    fix = _last(lines, "fix: ", len(lines))
    wanted = _last(lines, "wanted: ", fix)
    if not lines[0].startswith("seen: ") or not 0 < wanted < fix < len(lines):
        return Grounds(reason=next(iter(_verbatim(lines)), None), waiver=waiver)
    return Grounds(
        seen=_verbatim([lines[0].removeprefix("seen: "), *lines[1:wanted]]),
        wanted=verbatim(" ".join(lines[wanted:fix]).removeprefix("wanted: ")),
        fix=verbatim(" ".join(lines[fix:]).removeprefix("fix: ")),
        waiver=waiver,
    )


def _without_terms(lines: list[str], measured: str) -> list[str]:
    """The lines without those that a waiver had before and after them."""
    head = f"measured: {measured}"
    if head in lines:
        return lines[lines.index(head) + 1 :] or [""]
    ours = ("a waiver covers this control here, ", "the waiver until ")
    return lines[:-1] if len(lines) > 1 and lines[-1].startswith(ours) else lines


def _last(lines: list[str], name: str, before: int) -> int:
    """Where the last line of this name stands; ``before`` where there is none."""
    return next((n for n in reversed(range(before)) if lines[n].startswith(name)), before)


def _verbatim(lines: list[str]) -> tuple[Message, ...]:
    said = "\n".join(lines)
    return (verbatim(said),) if said else ()


def _sentence(text: str) -> str:
    return line(" ".join(text.splitlines()))
