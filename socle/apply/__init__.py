"""The pyinfra side: what a room's ``deploy.py`` is written with."""

from socle.apply.adapter import leave_out, refuse, resolved_host, take_over
from socle.apply.declared import ask_before_giving_up, remember_declared
from socle.apply.files import absent_file, managed_file, managed_files
from socle.apply.guard import Guard, confirm, confirm_last
from socle.apply.probe import observed
from socle.apply.sshd import reload_ssh
from socle.apply.system import command_on_change, delivered, masked, packages, unit

__all__ = [
    "Guard",
    "absent_file",
    "ask_before_giving_up",
    "command_on_change",
    "confirm",
    "confirm_last",
    "delivered",
    "leave_out",
    "managed_file",
    "managed_files",
    "masked",
    "observed",
    "packages",
    "refuse",
    "reload_ssh",
    "remember_declared",
    "resolved_host",
    "unit",
]

take_over()
