"""What is declared for a host is noted there, so that nothing is given up in silence later."""

from __future__ import annotations

from socle.apply import current, preflight
from socle.apply.files import managed_file
from socle.apply.probe import observed
from socle.baseline.declared import PLACE, declared, listed, under_way


def ask_before_giving_up() -> None:
    """Ask the host what it has (`preflight` judges that), and note what is declared.

    It is noted before anything changes: the run may never get to its end.
    """
    managed_file(PLACE, listed(under_way(_before(), _now())).encode(), mode="600")


def remember_declared() -> None:
    """Note what is declared for the next apply's question, when all else is done."""
    before, now = _before(), _now()
    if under_way(before, now) != list(now):
        managed_file(PLACE, listed(now).encode(), mode="600")


def _before() -> str:
    return preflight.declared_before(observed())


def _now() -> tuple[str, ...]:
    return declared(current.practice(), current.resolved_host())
