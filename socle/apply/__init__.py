"""The pyinfra side: what a room's ``deploy.py`` is written with."""

from socle.apply import adapter, ending, stock
from socle.apply.current import resolved_host
from socle.apply.declared import ask_before_giving_up, remember_declared
from socle.apply.files import absent_file, managed_file, managed_files
from socle.apply.guard import Guard, confirm, confirm_last
from socle.apply.probe import Observed, observed
from socle.apply.sshd import reload_ssh
from socle.apply.system import command_on_change, delivered, masked, packages, removal_refused, unit

__all__ = [
    "Guard",
    "Observed",
    "absent_file",
    "ask_before_giving_up",
    "command_on_change",
    "confirm",
    "confirm_last",
    "delivered",
    "managed_file",
    "managed_files",
    "masked",
    "observed",
    "packages",
    "reload_ssh",
    "remember_declared",
    "removal_refused",
    "resolved_host",
    "unit",
]

adapter.take_over()
stock.take_over()
ending.take_over()
