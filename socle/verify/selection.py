"""Which controls on which hosts: ``--limit`` and ``--control`` against a practice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

import pytest

from socle.baseline.model import Control, Host, Practice
from socle.messages import Message, message


class Selection:
    """The part of a practice that is verified."""

    def __init__(
        self, practice: Practice, limit: Sequence[str] = (), controls: Sequence[str] = ()
    ) -> None:
        """``limit``: host or group names, ``controls``: ids; ``*`` and ``?`` match, empty is all.

        Raises pytest.UsageError for a word that fits nothing.
        """
        self.practice = practice
        self._controls = {control.id: control for control in practice.controls}
        self.hosts = tuple(self._limited(limit))
        self.wanted = frozenset(self._matching(controls))

    def control(self, control_id: str) -> Control:
        """The control of this id. Raises LookupError, with the nearest id that exists."""
        if control_id in self._controls:
            return self._controls[control_id]
        close = get_close_matches(control_id, self._controls, n=1)
        meant = f": did you mean {close[0]}?" if close else ""
        raise LookupError(f"no room promises {control_id}{meant}")

    def missing(self, seen: Iterable[tuple[str, str]]) -> list[tuple[Host, Control]]:
        """The selected pairs that are not among those ``seen`` (host name, control id)."""
        done = set(seen)
        return [
            (self.practice.hosts[name], control)
            for control in self.practice.controls
            for name in self.hosts
            if control.id in self.wanted and (name, control.id) not in done
        ]

    def _limited(self, limit: Sequence[str]) -> Iterable[str]:
        hosts = self.practice.hosts
        if not hosts:
            raise pytest.UsageError(f"{self.practice.name} has no host")
        chosen: set[str] = set() if limit else set(hosts)
        for pattern in limit:
            found = self.practice.named(pattern)
            if not found:
                raise pytest.UsageError(f"no host or group of {self.practice.name} is {pattern}")
            chosen |= found
        return [name for name in hosts if name in chosen]

    def _matching(self, patterns: Sequence[str]) -> Iterable[str]:
        if not patterns:
            return self._controls
        found = {c for c in self._controls if any(fnmatchcase(c, p) for p in patterns)}
        if not found:
            raise pytest.UsageError(f"no control matches {', '.join(patterns)}")
        return found


def in_scope(control: Control, host: Host) -> bool:
    """Whether the promise is made for this host at all."""
    return not set(control.applies_to).isdisjoint(host.groups)


def out_of_scope(control: Control, host: Host) -> Message:
    """Why the promise is not made for this host."""
    return message(
        "{control} applies to {groups}; {host} is none of these",
        control=control.id,
        groups=control.applies_to,
        host=host.name,
    )
