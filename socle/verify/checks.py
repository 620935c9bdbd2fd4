"""The words that a room's checks are written with."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar

from socle import harmless
from socle.messages import LONGEST, Message, Words, written

AGAIN = Message("deploy again: pyinfra inventories/PRACTICE/inventory.py deploy.py")
"""How most of what a room sets is put right."""

Check = TypeVar("Check", bound=Callable[..., None])

# What the expectations of the running check saw: the proof that stands behind a pass.
observed: ContextVar[list[Message] | None] = ContextVar("observed", default=None)
# What the running check wants the reports to know as data, whatever its verdict.
noted: ContextVar[list[dict[str, Any]] | None] = ContextVar("noted", default=None)


class ControlFailed(AssertionError):
    """The promise does not hold: what was seen, what is wanted, how to mend it."""

    def __init__(self, *, seen: Words, wanted: Words, fix: Words) -> None:
        """All three as in :func:`expect`."""
        self.seen, self.wanted, self.fix = written(seen), written(wanted), written(fix)
        super().__init__(f"seen: {self.seen}\nwanted: {self.wanted}\nfix: {self.fix}")


class _Unmeasured(Exception):
    def __init__(self, reason: Words) -> None:
        self.reason = written(reason)
        super().__init__(str(self.reason))


class NotApplicable(_Unmeasured):
    """The promise makes no sense on this host; the reason says why."""


class Unknown(_Unmeasured):
    """It could not be measured; the reason says what happened. Never counts as good."""

    unreachable = False


class Unreachable(Unknown):
    """The host itself could not be asked: one sentence with its name, address and the reason."""

    unreachable = True


def control(control_id: str) -> Callable[[Check], Check]:
    """Say which promise (an id of a room's ``controls.yml``) a test measures: one test a control.

    The test takes ``host``, ``settings``, ``target``… and runs once on every host in scope.
    """
    import pytest  # noqa: PLC0415 - the reports read verdicts without pytest

    return pytest.mark.control(control_id)


def expect(ok: object, *, seen: Words, wanted: Words, fix: Words) -> None:
    """Hold the machine to one thing; what was ``seen`` is kept either way.

    ``seen`` and ``wanted`` are facts in the units of the field; ``fix`` is what the operator does.
    Each is a sentence, or a :func:`socle.messages.message` where it says a value: whatever a
    machine said is a value, and one in a command is quoted for the shell.
    Raises :class:`ControlFailed` unless ``ok`` is true.
    """
    __tracebackhide__ = True
    if not ok:
        raise ControlFailed(seen=seen, wanted=wanted, fix=fix)
    record, said = observed.get(), written(seen)
    if record is not None and said not in record:
        record.append(said)


def note(kind: str, **values: str | int | float | bool | None) -> None:
    """Keep a fact for the reports, whatever the verdict: ``note("copy", repository="nas", …)``.

    Only what was measured, in JSON's types; never a secret, a patient's or a file's name.
    """
    record = noted.get()
    if record is not None:
        said = {
            k: harmless.line(v, LONGEST) if isinstance(v, str) else v for k, v in values.items()
        }
        record.append({"kind": kind, **said})


def not_applicable(reason: Words) -> NoReturn:
    """End the check: the promise makes no sense on this host, for this ``reason``."""
    __tracebackhide__ = True
    raise NotApplicable(reason)


def unknown(reason: Words) -> NoReturn:
    """End the check: it cannot be measured here, for this ``reason``."""
    __tracebackhide__ = True
    raise Unknown(reason)
