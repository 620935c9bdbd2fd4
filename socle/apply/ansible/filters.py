"""Ansible's filters: the same judgements as pyinfra's side, from the same functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from socle.baseline import declared, next_start, removals, runs
from socle.baseline.way_in import missing


def given_up(before: str, now: str) -> list[str]:
    """What the list found on the host has, and the list of today has no longer."""
    return declared.given_up(before, now.splitlines())


def under_way(before: str, now: str) -> str:
    """The text of the list while a run is under way."""
    return declared.listed(declared.under_way(before, now.splitlines()[1:]))


def installed(lines: Sequence[str]) -> list[str]:
    """The packages that are installed, of what state.sh printed."""
    records = [line.split(" ") for line in lines if line.startswith("package ")]
    return [name for _, name, status, *_ in records if status.startswith("ii")]


def units(lines: Sequence[str]) -> dict[str, str]:
    """Unit -> "enabled active", as it is at boot and now, of what state.sh printed."""
    records = [line.split(" ") for line in lines]
    active = {words[1]: words[2] for words in records if words[0] == "unit"}
    files = {words[1]: words[2] for words in records if words[0] == "unitfile"}
    return {name: f"{state} {active.get(name, 'inactive')}" for name, state in files.items()}


def kept_out(
    lines: Sequence[str],
    inbound: Sequence[Mapping[str, Any]],
    outbound: Sequence[Mapping[str, Any]],
    host: str,
) -> str:
    """Why the flows would keep the operator out, and what to declare; empty: they do not."""
    said = [line.partition(" ") for line in lines]
    connected = next((rest.split() for word, _, rest in said if word == "connection"), [])
    if len(connected) < 4:  # noqa: PLR2004 - client, its port, server, its port; not by SSH: none
        return ""
    path = [rest for word, _, rest in said if word == "path"]
    client, port = connected[0], int(connected[3])
    found = missing(inbound, outbound, client=client, port=port, path=path, host=host)
    return f"{found.why}. {found.advice}" if found else ""


def next_start_refused(lines: Sequence[str]) -> list[str]:
    """What other programs load at the next start that nobody should wait for."""
    return next_start.refusals(lines)


def removal_refused(lines: Sequence[str], names: Sequence[str]) -> str:
    """Why the packages stay; empty: they may go."""
    return removals.refusal(removals.removal(lines, names))


def removal_shown(lines: Sequence[str], names: Sequence[str]) -> list[str]:
    """A line for each package that would go."""
    return removals.shown(removals.removal(lines, names))


def turn_over(said: str) -> str:
    """The run that has its turn, if it is known to be over; else empty."""
    found = runs.holder(said)
    return found.run if found and runs.ended(found.run) else ""


def turn_refused(said: str) -> str:
    """Who works on the host, as a refusal."""
    found = runs.holder(said)
    return runs.occupied(found) if found else said


class FilterModule:
    """What Ansible looks for in a file of filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Names of the filters and what answers them."""
        return {
            function.__name__: function
            for function in (
                given_up,
                installed,
                kept_out,
                next_start_refused,
                removal_refused,
                removal_shown,
                turn_over,
                turn_refused,
                under_way,
                units,
            )
        }
