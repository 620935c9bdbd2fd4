"""The lab of a practice: which machines ``lab.yml`` boots, under the addresses of ``hosts.yml``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from socle.baseline import yaml
from socle.errors import BadPractice, Problem
from socle.lab import Lab, Machine, Network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from socle.baseline.model import Practice

BOX = "box"
"""The machine between the practice's network and the Internet of its lab."""


class _Network(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    bridge: str
    gateways: list[str]


class _Visitor(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    image: str
    addresses: list[str]


class _Box(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    image: str
    inside: list[str]
    outside: list[str]


class _Internet(_Network):
    box: _Box
    visitors: dict[str, _Visitor] = {}


class _LabFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    network: _Network
    machines: dict[str, str]
    visitors: dict[str, _Visitor] = {}
    internet: _Internet | None = None


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
    beyond = wanted.internet
    return Lab(
        name=practice.name,
        folder=(first.key_file or Path("build", practice.name, "key")).parent,
        network=_network(wanted.network),
        machines=tuple(_machines(practice, wanted)),
        administrator=first.user,
        beyond=(_network(beyond),) if beyond else (),
    )


def _machines(practice: Practice, wanted: _LabFile) -> Iterator[Machine]:
    """Those on the practice's network go out through the box, where there is one."""
    beyond = wanted.internet
    router = tuple(beyond.box.inside) if beyond else ()
    for name, image in wanted.machines.items():
        yield Machine(name, image, practice.hosts[name].addresses, router)
    for name, one in wanted.visitors.items():
        yield Machine(name, one.image, tuple(one.addresses), router)
    if beyond:
        provider = tuple(gateway.partition("/")[0] for gateway in beyond.gateways)
        ends = (*beyond.box.inside, *beyond.box.outside)
        yield Machine(BOX, beyond.box.image, ends, provider)
        for name, one in beyond.visitors.items():
            yield Machine(name, one.image, tuple(one.addresses))


def _network(wanted: _Network) -> Network:
    return Network(wanted.bridge, tuple(wanted.gateways))
