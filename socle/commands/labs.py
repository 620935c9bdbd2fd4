"""The lab of a practice: which machines ``lab.yml`` boots, under the addresses of ``hosts.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from socle.baseline import yaml
from socle.errors import BadPractice, Problem
from socle.lab import Lab, Machine, Network

if TYPE_CHECKING:
    from socle.baseline.model import Practice


class _Network(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    bridge: str
    gateways: list[str]


class _Visitor(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    image: str
    addresses: list[str]


class _LabFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    network: _Network
    machines: dict[str, str]
    visitors: dict[str, _Visitor] = {}


def lab_of(practice: Practice) -> Lab:
    """The lab that ``lab.yml`` describes; its state stands beside the practice's key.

    Raises:
        BadPractice: no lab.yml, or one that does not fit the practice.
    """
    file = practice.folder / "lab.yml"
    if not file.exists():
        raise BadPractice([Problem(file, 0, "lab.yml", "a file that says what to boot", "none")])
    document = yaml.read(file)
    try:
        wanted = _LabFile.model_validate(document.data)
    except ValidationError as error:
        raise BadPractice(
            Problem(file, document.line(*e["loc"]), ".".join(map(str, e["loc"])), e["msg"])
            for e in error.errors()
        ) from error
    missing = sorted(set(practice.hosts) ^ set(wanted.machines))
    if missing:
        line = document.line("machines")
        raise BadPractice(
            Problem(file, line, f"machines.{name}", "the same hosts as hosts.yml")
            for name in missing
        )
    first = next(iter(practice.hosts.values())).connection
    machines = [
        Machine(name, image, practice.hosts[name].addresses)
        for name, image in wanted.machines.items()
    ]
    machines += [Machine(n, v.image, tuple(v.addresses)) for n, v in wanted.visitors.items()]
    return Lab(
        name=practice.name,
        folder=(first.key_file or Path("build", practice.name, "key")).parent,
        network=Network(wanted.network.bridge, tuple(wanted.network.gateways)),
        machines=tuple(machines),
        administrator=first.user,
    )
