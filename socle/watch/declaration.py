"""What a machine is told of itself and its practice: ``/etc/socle/watch.json``.

It is made on the operator's computer and read on the machine. It holds what a bundle says of the
practice, without the practice's files, and of the other machines only what the checks of this one
read: a machine that is broken into tells no more than it must. No secret is in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from socle.baseline.digests import baseline_digest
from socle.baseline.export import hidden_names, patient_folders, read_across
from socle.baseline.model import Host, Practice
from socle.baseline.watching import Watch, watch_of
from socle.errors import SocleError
from socle.evidence import model

PLACE = Path("/etc/socle/watch.json")
FORMAT, SCHEMA = "socle-watch", 1


@dataclass(frozen=True)
class Declaration:
    """Which host this is, the region's rules, and the practice as the operator resolved it.

    ``folders``: those of patients' data, as far as this host knows of them. ``watch``: what it is
    to do with what it finds.
    """

    host: str
    baseline: model.Baseline
    practice: model.Practice
    folders: tuple[str, ...]
    watch: Watch

    @property
    def settings(self) -> dict[str, Any]:
        """This host's own."""
        return self.practice.hosts[self.host].settings


def declaration(host: Host, practice: Practice) -> dict[str, Any]:
    """The document for ``host``."""
    from socle.verify.collect import accepted, declared, redactor  # noqa: PLC0415 - not on hosts

    masks, hidden = redactor(practice), hidden_names(practice)
    across = read_across(practice.rooms)
    known = [h if h.name == host.name else _of_others(h, across) for h in practice.hosts.values()]
    hosts = {
        one.name: declared(one, None, hidden, masks).model_copy(
            update={"method": _method(one, host)}
        )
        for one in known
    }
    told = model.Practice(
        name=practice.name,
        hosts=hosts,
        waivers=tuple(accepted(waiver, masks) for waiver in host.waivers),
        id=practice.id,
    )
    watch = watch_of(practice.rooms, hosts[host.name].settings)
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "host": host.name,
        "baseline": {"digest": baseline_digest(practice.root)},
        "practice": told.model_dump(mode="json"),
        "folders": list(patient_folders(practice.rooms, known)),
        "watch": asdict(watch) if watch else None,
    }


def read(place: Path = PLACE) -> Declaration:
    """What this machine was told. Raises SocleError when there is nothing that can be read."""
    try:
        document = json.loads(place.read_text(encoding="utf-8"))
        if document["format"] != FORMAT or document["schema"] != SCHEMA:
            raise ValueError("another format")
        found = Declaration(
            document["host"],
            model.Baseline.model_validate_json(json.dumps(document["baseline"])),
            model.Practice.model_validate_json(json.dumps(document["practice"])),
            tuple(map(str, document["folders"])),
            Watch(**document["watch"]),
        )
        found.practice.hosts[found.host]
    except OSError as error:
        raise SocleError(f"{place}: cannot be read: {error.strerror}; deploy again") from None
    except (ValueError, KeyError, TypeError, ValidationError):
        raise SocleError(f"{place}: expected what Socle wrote there; deploy again") from None
    return found


def _of_others(host: Host, across: Iterable[str]) -> Host:
    kept = {name: host.settings[name] for name in across if name in host.settings}
    return replace(host, settings=kept, waivers=())


def _method(host: Host, own: Host) -> str:
    """The machine reaches itself without SSH."""
    return "local" if host.name == own.name else host.connection.method
