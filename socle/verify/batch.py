"""Many questions to one host in one execution: side by side there, each for its own time.

Whatever goes wrong costs only the answers that did not come; those are asked one by one.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from socle import bounds
from socle.verify.links import GRACE, HIGHEST_CODE, TIMED_OUT, Link
from socle.verify.memory import Remembered
from socle.verify.questions import Answer, Question

_MARK = b"\nSOCLE-BATCH\n"
_LEAST, _MOST = 20.0, 300.0  # seconds for a whole batch
_LARGEST = 4 << 20  # bytes of an output; what is larger is asked alone
_PATIENCE = 3  # times what its commands took the last time
_NAME = re.compile(r"(\d{1,6})\.(out|err|end)")


class Timed(NamedTuple):
    """An answer and how many ``seconds`` it took."""

    answer: Answer
    seconds: float


def ask_all(link: Link, remembered: Sequence[Remembered]) -> dict[Question, Timed]:
    """The answers of one host to what it was asked before, as far as they came.

    Raises Unreachable when the host cannot be asked.
    """
    wanted = [one for one in remembered if one.question.kind == "command" or link.is_root]
    if not wanted:
        return {}
    longest_first = sorted(wanted, key=lambda one: -one.seconds)
    limit = _limit(longest_first)
    command = f"set -- {limit:g} {_LARGEST}\n{_runner()}"
    packed = link.feed(command, _MARK + _pack([one.question for one in longest_first]), limit + 5)
    return _unpack(packed, [one.question for one in longest_first])


def _limit(remembered: Sequence[Remembered]) -> float:
    expected = sum(one.seconds for one in remembered)
    return max(_LEAST, min(_MOST, _PATIENCE * expected))


def _pack(questions: Sequence[Question]) -> bytes:
    files = {f"{number}.words": asked.words for number, asked in enumerate(questions)}
    lines = (f"{n} {asked.limit:g} {asked.kind}\n" for n, asked in enumerate(questions))
    files["order"] = "".join(lines)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            content = text.encode(errors="surrogateescape")
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _unpack(packed: bytes, questions: Sequence[Question]) -> dict[Question, Timed]:
    """What came back; an answer that is cut off, or took too long, is left out."""
    parts: dict[int, dict[str, bytes]] = {}
    with suppress(ValueError, bounds.TooLarge):
        for name, content in bounds.tar_files(bounds.gunzip(packed, whole=False)):
            found = _NAME.fullmatch(name)
            if found is not None and len(content) < _LARGEST:
                parts.setdefault(int(found[1]), {})[found[2]] = content
    answers = {}
    for number, said in parts.items():
        if number < len(questions) and len(said) == 3:  # noqa: PLR2004 - out, err, end
            timed = _timed(said, questions[number].limit)
            if timed is not None:
                answers[questions[number]] = timed
    return answers


def _timed(said: Mapping[str, bytes], limit: float) -> Timed | None:
    """The host's own clock and codes may be anything: what cannot be is no answer."""
    try:
        code, started, ended = (int(word) for word in said["end"].split())
        seconds = (ended - started) / 1e9
    except (ValueError, OverflowError):
        return None
    if not (0 <= seconds <= limit + GRACE and 0 <= code <= HIGHEST_CODE):
        return None
    if code in TIMED_OUT and seconds >= limit:
        return None
    return Timed(Answer(code, said["out"], said["err"]), seconds)


@cache
def _runner() -> str:
    return (Path(__file__).parent / "batch.sh").read_text(encoding="utf-8")
