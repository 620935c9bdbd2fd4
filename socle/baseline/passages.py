"""What a flow lets through as lines of text, and whether such a line still holds with others.

The list that an apply leaves on a machine has them: a flow that keeps its name and lets less
through is told before the next apply, one that lets more through is not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from socle.baseline.flows import ANY

_LINE = re.compile(
    r"flow (?P<name>[a-z0-9-]{1,200}): (?P<protocol>tcp|udp) "
    r"(?P<ports>[0-9]{1,5}(?:-[0-9]{1,5})?(?:, [0-9]{1,5}(?:-[0-9]{1,5})?)*) "
    r"(?P<way>from|to) (?P<net>[0-9a-f.:/]+|any)(?:, programs of (?P<users>[a-z0-9_, -]+))?"
)
_PORTS = re.compile(r"([0-9]+)(?:-([0-9]+))?")


def passages(rule: Mapping[str, Any], way: str) -> Iterator[str]:
    """A resolved flow, one line for each network behind its peers.

    ``rule``: of ``firewall_inbound`` (``way``: from) or ``firewall_outbound`` (to).
    """
    programs = f", programs of {', '.join(rule['users'])}" if rule["users"] else ""
    for net in (ANY,) if rule["any"] else (*rule["ipv4"], *rule["ipv6"]):
        ports = ", ".join(rule["ports"])
        yield f"flow {rule['name']}: {rule['protocol']} {ports} {way} {net}{programs}"


def still_open(line: str, now: Collection[str]) -> bool:
    """Whether what ``line`` let through is let through by a line of ``now``, too."""
    before = _read(line)
    if before is None:
        return False
    start = line.partition(":")[0] + ": "
    after = (_read(other) for other in now if other.startswith(start))
    return any(other is not None and other.holds(before) for other in after)


@dataclass(frozen=True)
class _Passage:
    flow: tuple[str, str, str]  # name, protocol, way
    ports: tuple[tuple[int, int], ...]  # ranges without overlap, sorted
    net: str
    users: frozenset[str]  # none: programs of everybody

    def holds(self, other: _Passage) -> bool:
        """Whether all of ``other`` passes here."""
        return (
            self.flow == other.flow
            and (not self.users or (bool(other.users) and other.users <= self.users))
            and all(
                any(low <= start and end <= high for low, high in self.ports)
                for start, end in other.ports
            )
            and _within(other.net, self.net)
        )


def _read(line: str) -> _Passage | None:
    """The parts of a line; None for one of another kind. A machine may have written it."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    users = frozenset((found["users"] or "").split(", ")) - {""}
    flow = (found["name"], found["protocol"], found["way"])
    return _Passage(flow, _ranges(found["ports"]), found["net"], users)


def _ranges(ports: str) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for low, high in sorted((int(a), int(b or a)) for a, b in _PORTS.findall(ports)):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _within(inner: str, outer: str) -> bool:
    if outer in {ANY, inner}:
        return True
    try:
        one, other = ip_network(inner), ip_network(outer)
    except ValueError:  # "any" is in no network
        return False
    return bool(one.version == other.version and one.subnet_of(other))  # type: ignore[arg-type]
