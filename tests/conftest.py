"""What holds for every test: its own state folder, and what may run side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONG = ("vm", "lab/test_scenarios.py", "lab/backup")
"""Each with machines of its own. The other tests on real hosts share a practice."""


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test writes into the operator's own history."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one group share their machines, and so one worker of ``pytest -n``."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path.relative_to(HERE))))


def _group(file: Path) -> str:
    for name in LONG:
        if file.is_relative_to(name):
            return name
    return "lab" if file.is_relative_to("lab") else str(file)
