"""The report as data: one JSON document, from which every page is made."""

from __future__ import annotations

import platform
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import socle
from socle import harmless
from socle.baseline.digests import baseline_digest
from socle.baseline.model import Control, Host, Practice, Waiver
from socle.evidence import files
from socle.report import flows
from socle.verify.verdicts import Outcome, Verdict

SCHEMA = 2
PACKAGES = ("pyinfra", "ansible-core", "pytest", "pytest-testinfra")


def build(
    practice: Practice,
    outcomes: Sequence[Outcome],
    *,
    started: datetime,
    finished: datetime,
    os_names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Everything that a run found, ready for ``json``. A host's settings are never in it.

    ``started`` and ``finished`` know their time zone; ``os_names``: host -> "Debian GNU/Linux 12".
    A host without outcomes was not examined: it is listed, with no verdicts.
    ValueError: an outcome names a host that the practice does not have.
    """
    by_host: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_host[outcome.host].append(outcome)
    if strangers := sorted(set(by_host) - set(practice.hosts)):
        raise ValueError(f"outcomes for hosts that are not in {practice.name}: {strangers}")
    counts = Counter(outcome.verdict for outcome in outcomes)
    names = os_names or {}
    return {
        "schema": SCHEMA,
        "socle": socle.__version__,
        "practice": practice.name,
        "practice_name": practice.title or practice.name,
        "practice_id": practice.id,
        "started": _utc(started),
        "finished": _utc(finished),
        "seconds": round((finished - started).total_seconds(), 3),
        "versions": versions(),
        "baseline": {"digest": baseline_digest(practice.root)},
        "summary": {str(verdict): counts[verdict] for verdict in Verdict},
        "controls": [_control(control) for control in practice.controls],
        "hosts": [
            _host(host, names.get(host.name), by_host[host.name])
            for host in practice.hosts.values()
        ],
        "waivers": [_waiver(waiver, finished.date()) for waiver in practice.waivers],
        "flows": flows.register(practice),
    }


def versions() -> dict[str, str | None]:
    """The versions of what judged; None for what is not installed."""
    found: dict[str, str | None] = {
        "socle": socle.__version__,
        "python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def write_json(document: Mapping[str, Any], path: Path) -> None:
    """Writes the document, readable by its owner alone: it tells where the practice is weak."""
    write_text(harmless.as_json(document) + "\n", path)


def write_text(text: str, path: Path) -> None:
    """Writes text as UTF-8, as ``write_bytes`` does."""
    write_bytes(text.encode(), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Replaces ``path`` in one step: a reader sees the old file or the new one, whole.

    Readable by its owner alone. Raises SocleError where no file can be written.
    """
    files.put(path, content)


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("started and finished must know their time zone")
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _control(control: Control) -> dict[str, Any]:
    return {
        "id": control.id,
        "room": control.room,
        "title": dict(control.title),
        "theme": control.theme,
        "severity": control.severity,
        "applies_to": list(control.applies_to),
        "references": _plain(control.references),
    }


def _host(host: Host, os_name: str | None, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "name": host.name,
        "groups": list(host.groups),
        "addresses": list(host.addresses),
        "os": None if os_name is None else harmless.line(os_name),
        "reachable": not any(outcome.unreachable for outcome in outcomes),
        "verdicts": [_plain(outcome.as_json()) for outcome in outcomes],
    }


def _waiver(waiver: Waiver, today: date) -> dict[str, Any]:
    return {
        "control": waiver.control,
        "hosts": list(waiver.hosts),
        "set": _plain(waiver.set),
        "reason": waiver.reason,
        "compensating": waiver.compensating,
        "approved_by": waiver.approved_by,
        "region": waiver.region,
        "until": waiver.until.isoformat(),
        "expired": waiver.expired(today),
    }


def _plain(value: Any) -> Any:
    """The value in JSON's own types; what JSON does not know (a date) becomes its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 3)
    if value is None or type(value) in (str, int, bool):
        return value
    return str(value)
