"""The command ``socle``. Commands live in ``socle.commands``, one module each, and in the rooms'
``commands.py``; they import what they need when they run: `socle --help` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from traceback import extract_tb
from typing import NoReturn

from cyclopts import App

from socle.baseline import checkout, packages
from socle.commands import (
    check,
    demo,
    evidence,
    evidence_sign,
    evidence_silence,
    exposure,
    exposure_attest,
    flows,
    history,
    incident,
    lab,
    machine,
    new_room,
    region,
    show,
    upkeep,
    verify,
    watch,
)
from socle.errors import SocleError

_HELP = """Hardens the Linux machines of a medical practice, verifies them, hands over the proof.

A practice is a folder: inventories/demo. To change machines, use pyinfra or Ansible:

    pyinfra inventories/demo/inventory.py deploy.py --dry --diff
    ansible-playbook -i inventories/demo/inventory.py site.yml --check --diff

Every day:

    socle check inventories/demo           are the files right?
    socle show inventories/demo accueil    what is set here, and by whom?
    socle verify inventories/demo          which promise holds, and where?
"""

app = App(name="socle", help=_HELP, help_format="plaintext")
for _daily in (check.check, show.show, verify.verify, history.history, flows.flows):
    app.command(_daily, group="Every day")
for _proof in (
    evidence_sign.keygen,
    evidence_sign.sign,
    evidence_sign.verify,
    evidence_silence.silence,
):
    evidence.app.command(_proof)
machine.app.group = ("Every day",)
app.command(machine.app)
evidence.app.group = ("Evidence",)
app.command(evidence.app)
app.command(region.region, group="Evidence")
watch.app.group = ("Evidence",)
app.command(watch.app)
exposure.app.group = ("Seen from the Internet",)
exposure.app.command(exposure_attest.attest)
app.command(exposure.app)
app.command(incident.incident, group="Seen from the Internet")
for _machines in (demo.app, lab.app):
    _machines.group = ("Throw-away machines",)
    app.command(_machines)
for _upkeep in (new_room.new_room, upkeep.generate, upkeep.lint):
    app.command(_upkeep, group="Upkeep")


def _add_those_of_rooms() -> None:
    """Each room's ``commands.py``; without a checkout, commands say themselves what they miss.

    One that cannot be loaded costs that room's commands, and no other.
    """
    try:
        root = checkout.named_root()
    except SocleError:
        return
    for file in sorted(root.glob("roles/*/commands.py")):
        try:
            packages.load(root, file.parent.name, file.stem).register(app)
        except Exception as error:  # whatever a room in the making gets wrong
            sys.stderr.write(f"{_place(error, file)}: no commands of this room: {error!r}\n")


def _place(error: Exception, file: Path) -> str:
    """``FILE:LINE`` of the mistake: a line that is no Python, or the last one of it that ran."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    ran = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(file)]
    return f"{file}:{ran[-1]}" if ran else str(file)


_add_those_of_rooms()


def main() -> None:
    """Run the command; what the operator can act on is said without a traceback."""
    try:
        app()
    except SocleError as error:
        _end(error)
    except OSError as error:  # a full disk, a folder in the way: as a traceback it would end with 1
        _end(SocleError(": ".join(str(word) for word in (error.filename, error.strerror) if word)))


def _end(error: SocleError) -> NoReturn:
    sys.stderr.write(f"{error}\n")
    sys.exit(error.exit_code)
