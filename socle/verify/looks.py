"""Looks at ports from the operator's computer, as questions with answers."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace

from socle.verify.probe import probe
from socle.verify.questions import HERE, Answer, Question

Endpoint = tuple[str, int]  # an IP literal and a TCP port


def question(endpoints: Iterable[Endpoint], timeout: float) -> Question:
    """The question that a look is; ``timeout`` in seconds for each endpoint."""
    words = shlex.join(word for address, port in endpoints for word in (address, str(port)))
    return Question(HERE, "look", words, timeout)


def elsewhere(asked: Question, addresses: Mapping[str, str]) -> Question:
    """The same look at other ``addresses``: by each that it names, the one to look at."""
    words = (addresses.get(word, word) for word in shlex.split(asked.words))
    return replace(asked, words=shlex.join(words))


def look(asked: Question) -> Answer:
    """Look now. The answer has the lines that ``probe.py`` prints on a host."""
    words = shlex.split(asked.words)
    endpoints = [(words[at], int(words[at + 1])) for at in range(0, len(words), 2)]
    states = probe(endpoints, asked.limit)
    lines = (f"{address} {port} {word}\n" for (address, port), word in states.items())
    return Answer(0, "".join(lines).encode(), b"")


def read(answer: Answer) -> dict[Endpoint, str]:
    """What each endpoint met: a word of `State`, or ``unseen:REASON``."""
    states = {}
    for line in answer.stdout.decode(errors="replace").splitlines():
        address, port, word = line.split(" ", 2)
        states[address, int(port)] = word
    return states
