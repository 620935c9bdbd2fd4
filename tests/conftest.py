"""What runs side by side: the tests of one group share their machines, and so one worker."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONG = ("vm", "lab/test_scenarios.py", "lab/backup")
"""Each with machines of its own. The other tests on real hosts share a practice."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of every test, for ``pytest -n`` (pytest-xdist)."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path.relative_to(HERE))))


def _group(file: Path) -> str:
    for name in LONG:
        if file.is_relative_to(name):
            return name
    return "lab" if file.is_relative_to("lab") else str(file)
