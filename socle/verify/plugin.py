"""The pytest plugin (entry point ``socle``): ``pytest roles --inventory inventories/PRACTICE``.

pytest loads it in every run. It imports nothing of weight and does nothing without a practice,
except to say that one is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from socle.baseline.model import Practice
    from socle.verify.session import Connect


def pytest_addoption(parser: pytest.Parser) -> None:
    """The practice to verify, and which part of it."""
    group = parser.getgroup("socle", "verify a practice's machines")
    group.addoption("--inventory", metavar="PRACTICE", help="folder of the practice to verify")
    group.addoption(
        "--limit",
        metavar="HOST",
        action="append",
        default=[],
        help="only these hosts or groups (may be given again; * and ? match)",
    )
    group.addoption(
        "--control",
        metavar="ID",
        action="append",
        default=[],
        help="only these controls (may be given again; * and ? match)",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """What a front end may listen to."""
    from socle.verify import hooks  # noqa: PLC0415 - see the module's docstring

    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Load the practice and put the session's plugin to work."""
    config.addinivalue_line("markers", "control(id): the promise that a room's test measures")
    folder = config.getoption("--inventory")
    if folder and not config.pluginmanager.has_plugin("socle-session"):
        start(config, _load(folder))


def start(config: pytest.Config, practice: Practice, connect: Connect | None = None) -> None:
    """Verify ``practice`` in this pytest session. Raises pytest.UsageError for a bad selection.

    ``connect``: how to reach the hosts, else over live connections.
    """
    from socle.verify import fixtures, reporting  # noqa: PLC0415
    from socle.verify.selection import Selection  # noqa: PLC0415
    from socle.verify.session import Session  # noqa: PLC0415

    selection = Selection(practice, config.getoption("--limit"), config.getoption("--control"))
    config.stash[fixtures.PRACTICE] = practice
    config.pluginmanager.register(fixtures, "socle-fixtures")
    config.pluginmanager.register(reporting, "socle-reporting")
    config.pluginmanager.register(Session(config, selection, connect), "socle-session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Checks without a practice are a mistake, not a run of nothing."""
    without_practice = not config.pluginmanager.has_plugin("socle-session")
    if without_practice and any(item.get_closest_marker("control") for item in items):
        raise pytest.UsageError(
            "the rooms' checks need a practice: pytest roles --inventory inventories/PRACTICE"
        )


def _load(folder: str) -> Practice:
    from socle.baseline import load  # noqa: PLC0415
    from socle.errors import SocleError  # noqa: PLC0415

    try:
        return load(folder, identified=True)
    except SocleError as error:
        raise pytest.UsageError(str(error)) from None
