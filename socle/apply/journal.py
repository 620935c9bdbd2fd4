"""The journal: that an apply took place, kept beside the practice's verifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from socle.baseline import evidence
from socle.baseline.model import Practice
from socle.evidence import store
from socle.evidence.manifest import utc

SCHEMA = 1
_STARTED = datetime.now(UTC)


@dataclass(frozen=True)
class Applied:
    """What became of one host. ``changed``: operations that changed something on it."""

    changed: int
    failed: bool


def record(practice: Practice, hosts: Mapping[str, Applied]) -> None:
    """Keep that a run of pyinfra has just ended. Raises OSError, BadPractice."""
    now = datetime.now(UTC)
    document = {
        "schema": SCHEMA,
        "practice": practice.name,
        "practice_id": practice.id,
        "engine": "pyinfra",
        "started": utc(_STARTED),
        "finished": utc(now),
        "hosts": {name: asdict(applied) for name, applied in sorted(hosts.items())},
    }
    store.keep(evidence.read(practice.folder).history, "apply", now, document)
