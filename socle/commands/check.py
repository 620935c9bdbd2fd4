"""``socle check``: are the practice's files right?"""

from __future__ import annotations

import os
from pathlib import Path

from socle.commands.console import say, write


def check(practice: Path) -> int:
    """Read a practice's files and report every mistake with file and line. Asks no machine.

    Where nothing is wrong, it asks what nobody has said yet: flows that a setting needs, data of a
    server, hosts of a group. Engines and checks work all the same.

    Exit code: 0 all is fine, 2 something is wrong, 3 questions are open.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    """
    from datetime import date  # noqa: PLC0415 - `socle --help` needs none of these

    from socle.baseline import load  # noqa: PLC0415

    loaded = load(practice, identified=True)
    _refuse_a_password_in_git(loaded.folder)
    settings = {name for host in loaded.hosts.values() for name in host.settings}
    computed = {name for host in loaded.hosts.values() for name in host.derived}
    for waiver in loaded.waivers:
        if waiver.expired(date.today()):
            say(f"expired on {waiver.until}: the waiver of {waiver.control}, {waiver.reason}")
    for question in loaded.questions:
        write(f"{question}\n")
    hosts, asked = len(loaded.hosts), len(loaded.questions)
    found = f"{asked} question{'s' if asked > 1 else ''}" if asked else "fine"
    counted = f"{hosts} host{'s' if hosts > 1 else ''}, {len(settings - computed)} settings"
    say(f"{counted}: {found}")
    return 3 if asked else 0


def _refuse_a_password_in_git(folder: Path) -> None:
    from socle.commands.secrets import offered_to_git  # noqa: PLC0415
    from socle.errors import BadPractice, Problem  # noqa: PLC0415

    named = os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
    passwords = {*folder.glob("*vault*pass*"), *([Path(named).absolute()] if named else [])}
    advice = "If it was committed, take it out (git rm --cached) and make a new one."
    problems = [
        Problem(
            password,
            0,
            "file",
            f"a file that git ignores: a line /{password.name} in the .gitignore beside it",
            advice=advice,
        )
        for password in passwords
        if offered_to_git(password)
    ]
    if problems:
        raise BadPractice(problems)
