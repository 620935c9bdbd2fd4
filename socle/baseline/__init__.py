"""The baseline: rooms, settings, layers, waivers, and the practices that they resolve to.

Pure Python and data; no engine is imported here.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socle.baseline.model import Practice


def load(
    folder: Path | str,
    root: Path | None = None,
    today: date | None = None,
    region: Path | None = None,
    *,
    identified: bool = False,
) -> Practice:
    """The practice in ``folder`` (``inventories/demo``, or any file of it), resolved and checked.

    ``root``: the checkout with ``roles/`` and ``group_vars/``; by default the one that
    SOCLE_CHECKOUT names, else the checkout of this package. ``region``: another folder with
    ``group_vars/``. ``today`` decides which waivers have expired. ``identified``: a practice
    without an id gets one, as whoever works with its machines needs it
    (`socle.baseline.about.identify`).

    Raises `BadPractice` with every mistake of the files, `SocleError` when there is no such
    practice or no checkout.
    """
    from socle.baseline import loading  # noqa: PLC0415 - the words of `model` need no pydantic

    return loading.load(folder, root, today, region, identified=identified)
