"""What holds for every test: its own state folder, and what may run side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

GROUPS = (
    ("vm/",),
    ("lab/backup/",),
    (
        "lab/imaging/",
        "lab/test_box.py",
        "lab/test_warnings.py",
        "lab/test_watch.py",
    ),
    ("lab/test_engines.py", "lab/test_backup_room.py", "lab/test_molecule.py"),
    ("lab/test_scenarios.py",),
    ("lab/test_evidence.py", "lab/test_practice.py", "lab/test_sessions_lock.py"),
    ("lab/",),
)
"""Files that share machines, the first group that fits. Each takes about as long as another."""


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test writes into the operator's own history."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """With ``-n``: tests that share machines run on one worker, one after the other."""
    return ByMachines(config, log)


class ByMachines(LoadScopeScheduling):
    """Gives a worker all tests of a group. (loadgroup does not know the node ids of pytest 9.2.)"""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", maxsplit=1)[0].removeprefix("tests/")
        return next((group[0] for group in GROUPS if file.startswith(group)), file)
