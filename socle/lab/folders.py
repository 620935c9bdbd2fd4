"""Remove folders that a machine has filled: as deep, and with as many names, as it liked."""

from __future__ import annotations

from pathlib import Path

from socle.lab.commands import call


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it; nothing where there is none.

    ``rm``, for ``shutil.rmtree`` calls itself once a level and gives up at a thousand. What is
    mounted below stays, and is a ``LabError``.
    """
    call(["rm", "-rf", "--one-file-system", "--", folder])
