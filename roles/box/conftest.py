"""What the room's checks share."""

from functools import cache

import pytest

from socle.exposure import papers
from socle.verify import Unknown
from socle.verify.clock import now


@pytest.fixture(scope="session")
def written(practice):
    """The practice's attestations as text: read, and their signatures checked, once a run."""

    @cache
    def read():
        if not (practice.folder / "hosts.yml").is_file():  # a machine that verifies itself
            raise Unknown("attestations from another line lie with the operator, not here")
        return papers.as_text(papers.of(practice.folder, now()))

    return read


@pytest.fixture
def attested(from_controller, written):
    """What the practice declares to the Internet, and what was seen from another line."""
    return papers.parse(from_controller.kept("attestations", written))
