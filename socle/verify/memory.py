"""What was asked last time: the questions that a verification asks ahead, all at once.

Only questions are kept, no answer. They are run as root the next time, so a file that another
account could have written is not read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socle.baseline.model import Practice
from socle.evidence import files
from socle.evidence.store import operator_cache
from socle.verify.questions import Question

_FORMAT = 1
_OTHERS = 0o077

Turn = tuple[str, str]  # a host that is watched, and the control that looks at it


@dataclass(frozen=True)
class Remembered:
    """A question, how many ``seconds`` its answer took, and the checks that asked it."""

    question: Question
    seconds: float
    turns: frozenset[Turn]


class Memory:
    """The remembered questions of a practice, a file a host, for the operator's eyes only."""

    def __init__(self, folder: Path) -> None:
        """Keep them in ``folder``."""
        self._folder = folder

    @classmethod
    def of(cls, practice: Practice) -> Memory:
        """The memory of a practice, in the operator's cache."""
        place = hashlib.sha256(str(practice.folder.absolute()).encode()).hexdigest()[:16]
        known = practice.id or f"{practice.name}-{place}"  # an id, unless nobody has worked here
        return cls(operator_cache() / "questions" / known)

    def recall(self, host: str) -> list[Remembered]:
        """What was asked of ``host``, or about it from here; nothing where it cannot be trusted."""
        file = self._file(host)
        try:
            status, folder = file.stat(), self._folder.stat()
            modes = status.st_mode | folder.st_mode
            if {status.st_uid, folder.st_uid} != {os.geteuid()} or modes & _OTHERS:
                return []
            document = json.loads(file.read_text(encoding="utf-8"))
            if document["format"] != _FORMAT:
                return []
            return [_remembered(entry) for entry in document["questions"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def keep(self, host: str, asked: Iterable[Remembered], ran: Collection[Turn]) -> None:
        """Remember what the checks that ``ran`` have asked, beside what others asked before.

        A memory that cannot be written costs time, never a verdict.
        """
        found: dict[Question, Remembered] = {}
        for one in [*self._of_others(host, ran), *asked]:
            before = found.get(one.question)
            turns = one.turns | before.turns if before else one.turns
            found[one.question] = Remembered(one.question, one.seconds, turns)
        with suppress(OSError):
            self._write(self._file(host), [_plain(one) for one in found.values()])

    def _of_others(self, host: str, ran: Collection[Turn]) -> Iterable[Remembered]:
        for one in self.recall(host):
            left = one.turns - set(ran)
            if left:
                yield Remembered(one.question, one.seconds, left)

    def _file(self, host: str) -> Path:
        return self._folder / f"{host}.json"

    def _write(self, file: Path, questions: list[dict[str, Any]]) -> None:
        for folder in (self._folder.parent, self._folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.replace(file, json.dumps({"format": _FORMAT, "questions": questions}).encode())


def _remembered(entry: dict[str, Any]) -> Remembered:
    question = Question(entry["asked"], entry["kind"], entry["words"], float(entry["limit"]))
    turns = frozenset((str(host), str(control)) for host, control in entry["turns"])
    return Remembered(question, float(entry["seconds"]), turns)


def _plain(one: Remembered) -> dict[str, Any]:
    asked = one.question
    return {
        "asked": asked.asked,
        "kind": asked.kind,
        "words": asked.words,
        "limit": asked.limit,
        "seconds": round(one.seconds, 3),
        "turns": sorted(one.turns),
    }
