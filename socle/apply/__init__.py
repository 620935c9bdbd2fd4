"""The pyinfra side: what a room's ``deploy.py`` is written with."""

from socle.apply.adapter import refuse, resolved_host, take_over
from socle.apply.guard import Guard, confirm, refuse_lockout
from socle.apply.operations import (
    absent_file,
    command_on_change,
    managed_file,
    packages,
    static,
    template,
    unit,
)
from socle.apply.probe import observed

__all__ = [
    "Guard",
    "absent_file",
    "command_on_change",
    "confirm",
    "managed_file",
    "observed",
    "packages",
    "refuse",
    "refuse_lockout",
    "resolved_host",
    "static",
    "template",
    "unit",
]

take_over()
