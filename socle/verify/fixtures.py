"""What a check may ask for. Registered only when a practice is verified.

All live as long as the session, so that a room's own fixtures may gather once a host:
``@pytest.fixture(scope="module") def ruleset(host): ...``.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testinfra.host import Host as TestinfraHost

from socle.baseline.model import Host, Practice
from socle.verify.backend import testinfra_host
from socle.verify.connections import Links
from socle.verify.settings import Settings
from socle.verify.vantage import Vantage

CONNECTIONS = pytest.StashKey[Links]()
PRACTICE = pytest.StashKey[Practice]()


@pytest.fixture(scope="session")
def practice(pytestconfig: pytest.Config) -> Practice:
    """The practice that is verified, with all its hosts."""
    return pytestconfig.stash[PRACTICE]


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest, practice: Practice) -> Host:
    """The host under check, as the practice describes it: groups, addresses, waivers."""
    return practice.hosts[request.param]


@pytest.fixture(scope="session")
def settings(target: Host) -> Settings:
    """The host's resolved settings: ``settings.firewall_flows``."""
    return Settings(target)


@pytest.fixture(scope="session")
def host(target: Host, pytestconfig: pytest.Config) -> TestinfraHost:
    """testinfra's host, as root, over the host's one connection."""
    return testinfra_host(pytestconfig.stash[CONNECTIONS].link(target.name))


@pytest.fixture(scope="session")
def from_controller(target: Host, pytestconfig: pytest.Config) -> Vantage:
    """The view from the operator's computer: ``from_controller.tcp([(address, port)])``."""
    notebook = pytestconfig.stash[CONNECTIONS].notebook
    return Vantage("the operator's computer", target, notebook=notebook)


@pytest.fixture(scope="session")
def from_host(
    target: Host, practice: Practice, pytestconfig: pytest.Config
) -> Callable[[str], Vantage]:
    """The view from another host of the practice: ``from_host("accueil").tcp(…)``."""

    def look(name: str) -> Vantage:
        if name not in practice.hosts:
            raise LookupError(f"{practice.name} has no host {name} to look from")
        return Vantage(name, target, pytestconfig.stash[CONNECTIONS].link(name))

    return look
