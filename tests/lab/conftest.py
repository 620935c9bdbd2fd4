"""Real hosts for tests: booted when first asked for, gone at the end of the session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from socle.lab import Lab, Machine, Network, down, requirements, up
from socle.lab.locks import locked

NETWORK = Network("socle-test", ("10.77.14.1/24", "fd77:14::1/64"))

Boot = Callable[[dict[str, str]], Lab]


@pytest.fixture(scope="session")
def boot(pytestconfig: pytest.Config) -> Iterator[Boot]:
    """``boot({"accueil": "trixie"})`` gives the session's lab with at least these machines."""
    missing = requirements()
    if missing:
        reason = "the lab needs: " + "; ".join(missing)
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = pytestconfig.rootpath / "build" / "lab-tests"
    images: dict[str, str] = {}

    def lab() -> Lab:
        machines = tuple(
            Machine(name, image, (f"10.77.14.{number}", f"fd77:14::{number}"))
            for number, (name, image) in enumerate(images.items(), start=11)
        )
        return Lab("tests", folder, NETWORK, machines)

    def booted(wanted: dict[str, str]) -> Lab:
        for name, image in wanted.items():
            assert images.setdefault(name, image) == image, f"{name} runs {images[name]}"
        up(lab(), print)
        return lab()

    with locked(Path("/run/socle-lab/tests.lock")):
        down(lab(), print)  # what a killed session left
        try:
            yield booted
        finally:
            down(lab(), print)
