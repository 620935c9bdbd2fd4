"""Whether a signature lets a piece of evidence count, for the commands that judge it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socle.evidence.signature import Result, Trust
    from socle.evidence.vouching import Known


def checked(file: Path, believed: Trust, known: Known | None) -> Result:
    """Who signed ``file``, whether it is still the same, and whether the signer has a say in it.

    Raises SocleError as `signature.verify` does.
    """
    from socle.evidence.signature import verify  # noqa: PLC0415 - `socle --help` needs none
    from socle.evidence.vouching import with_scope  # noqa: PLC0415

    return with_scope(verify(file, believed), known)


def known(practice: Path | None) -> Known | None:
    """The practice whose list of signers is asked; None: somebody's own list is."""
    from socle.baseline import about  # noqa: PLC0415
    from socle.baseline.loading import host_names  # noqa: PLC0415
    from socle.commands.evidence_sign import practice_folder  # noqa: PLC0415
    from socle.evidence.vouching import Known  # noqa: PLC0415

    if practice is None:
        return None
    folder = practice_folder(practice)
    return Known(folder.name, about.read(folder).id, host_names(folder))
