"""What a lab can fail with."""

from __future__ import annotations

from socle.errors import SocleError


class LabError(SocleError):
    """The lab cannot do what was asked. The text says why, and what to do where that is known."""
