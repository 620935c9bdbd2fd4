"""What holds for every test: its own state folder, its own rooms, and what may run side by side."""

from __future__ import annotations

import time

import parts
import pytest
from unit_fixtures import own_rooms as own_rooms  # noqa: PLC0414 - fixtures here
from unit_fixtures import own_state as own_state  # noqa: PLC0414
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

GROUPS = (
    (
        "lab/test_practice.py",  # first: it needs machines as they come from the installer
        "lab/test_engines.py",
        "lab/test_evidence.py",
        "lab/test_updates.py",
        "lab/test_verify.py",
        "lab/test_scenarios.py",
        "lab/test_backup_room.py",
    ),
    (
        "lab/test_bad_input.py",
        "lab/test_bad_hosts.py",
        "lab/test_become.py",
        "lab/test_logging.py",
        "lab/test_people.py",
        "lab/test_units.py",
        "lab/test_declared.py",
        "lab/test_preflight.py",
    ),
    (
        "lab/test_guard.py",
        "lab/test_tunnel.py",
        "lab/test_leases.py",
        "lab/test_turns.py",
        "lab/test_ways_in.py",
        "lab/test_sessions_lock.py",  # last: it leaves machines as they come from the installer
    ),
    ("lab/backup/",),
    ("lab/test_cnil.py", "lab/test_box.py", "lab/imaging/"),
    ("lab/test_watch.py", "lab/test_warnings.py"),
    ("vm/",),  # emulated: its answers would be late while practices are applied for the first time
    ("lab/",),
)
"""Files that share machines, the first group that fits, in the order in which they run."""


BEGAN = time.monotonic()


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make proofs-part` says."""
    group = parser.getgroup("socle's own tests")
    group.addoption("--part", action="store_true", help="run the day's part (tests/parts.py)")
    group.addoption("--seconds", type=int, help="begin no test later than that; name those left")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long groups first: what is short fills the gaps at the end."""
    if config.getoption("part"):
        units = parts.chosen(filter(None, map(parts.unit, items)), parts.day())
        config.hook.pytest_deselected(items=[one for one in items if parts.unit(one) not in units])
        items[:] = [one for one in items if parts.unit(one) in units]
        items.sort(key=lambda item: units.index(parts.unit(item)))
    items.sort(key=lambda item: _place(item.nodeid))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What did not fit into ``--seconds`` is skipped by name."""
    limit = item.config.getoption("seconds")
    if limit is not None and time.monotonic() > BEGAN + limit:
        pytest.skip(f"no time left: {limit} s have passed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """With ``-n``: tests that share machines run on one worker, one after the other."""
    return ByMachines(config, log)


class ByMachines(LoadScopeScheduling):
    """Gives a worker all tests of a group. (loadgroup does not know the node ids of pytest 9.2.)"""

    def _split_scope(self, nodeid: str) -> str:
        group, _ = _place(nodeid)
        return GROUPS[group][0] if group < len(GROUPS) else nodeid.partition("::")[0]


def _place(nodeid: str) -> tuple[int, int]:
    """Which group, and where in it; after all groups what needs no machines."""
    file = nodeid.removeprefix("tests/")
    for number, group in enumerate(GROUPS):
        for place, start in enumerate(group):
            if file.startswith(start):
                return number, place
    return len(GROUPS), 0
