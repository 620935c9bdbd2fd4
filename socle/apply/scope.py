"""What a run of pyinfra is for: without a host, or anything to do there, it ends with 2, not 0.

The checkout's config.py imports us before the inventory is read, the inventory itself does so when
pyinfra is called elsewhere. The first argument of each function is pyinfra's own, which it stands
before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

from pyinfra import config, logger
from pyinfra.api import Host as PyinfraHost

from socle.apply import current
from socle.baseline.misplaced import misplaced
from socle.baseline.words import unknown


def settle() -> None:
    """Give pyinfra's settings the values that they have here."""
    config.TEMP_DIR = "/root"  # nobody else can put a link there, as in /tmp
    if current.dry_run():  # "One of more hosts failed, continue?" is no question then
        config.FAIL_PERCENT = None


def matching(
    matches: Callable[..., Any], inventory: Any, patterns: Iterable[str], option: str
) -> list[PyinfraHost]:
    """The hosts of ``--limit``, each word of which must name one."""
    groups = list(inventory.groups)
    for pattern in patterns:
        if not matches(inventory, [pattern], option):
            known = [*(host.name for host in inventory), *filter(inventory.get_group, groups)]
            _end(f"{option}: expected {unknown('host or group', pattern, known)}, read {pattern}")
    return list(matches(inventory, patterns, option))


def remaining(exclude: Callable[..., Any], *words: Any) -> list[PyinfraHost] | None:
    """The hosts that ``--exclude`` leaves, if it is given."""
    hosts: list[PyinfraHost] | None = exclude(*words)
    return hosts if hosts is None or hosts else _end("--exclude: expected a host to be left")


def made(make: Callable[..., Any], inventory: str, **words: Any) -> Any:
    """The inventory of a practice."""
    path = Path(inventory)
    if path.exists() and path.suffix != ".py":
        _end(f"{inventory}: expected the inventory.py of a practice")
    found = make(inventory, **words)
    if not len(found):
        _end(f"{inventory}: expected the inventory.py of a practice, with hosts")
    _refuse_settings(found)
    settle()
    return found


def _refuse_settings(found: Any) -> None:
    """Nobody reads settings from what pyinfra is given beside the practice."""
    practices = (found.get_host_data(host.name).get("socle_practice") for host in found)
    rooms = {room.name: room for practice in practices if practice for room in practice.rooms}
    beside = [found.get_data(), *(found.get_group_data(group) for group in found.groups)]
    for option, given in (("--data", [found.get_override_data()]), ("group_data", beside)):
        names = {name for data in given for name in data}
        if wrong := list(misplaced(names, rooms.values())):
            _end("\n".join(f"{option}: {sentence}" for sentence in wrong))


def planned(prepare: Callable[..., Any], run: Any, *words: Any) -> Any:
    """What the deploy files plan, if they plan or ask anything of any host."""
    found = prepare(run, *words)
    if not any(run.ops[host] or current.asked(host) for host in run.inventory):
        _end(
            "nothing to do on any host: expected a deploy file that calls its rooms, such as "
            "deploy.py (a room's own file only says what the room does)"
        )
    return found


def _end(reason: str) -> NoReturn:
    """End before any host is asked."""
    logger.error(reason)
    sys.exit(2)
