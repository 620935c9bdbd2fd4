"""Offline disks: plugged in, filled, let go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from backup.config import Repository


def status(repository: Repository, now: datetime) -> dict[str, Any]:
    """Filled in below."""
    return {"attached": False, "attached_since": None, "attached_hours": None, "last_copy": None}
