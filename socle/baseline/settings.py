"""Typed settings of a room, and which way each of them is stricter.

A room's ``settings.py`` holds one `RoomSettings` class. Every field says in its ``Annotated`` type
in which direction a practice may move it without a waiver.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from socle.errors import SocleError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from socle.baseline.flows import Need
    from socle.baseline.model import Host, Practice
    from socle.baseline.watching import Watch

Towards = Literal["lower", "higher", "true", "false", "subset", "superset"]
MASK = "••••"


@dataclass(frozen=True)
class Stricter:
    """The value is stricter in one direction."""

    towards: Towards


@dataclass(frozen=True)
class Ordered:
    """The value is one of these words, the weakest first."""

    order: tuple[Any, ...]


@dataclass(frozen=True)
class Neutral:
    """The value has no strict side: every layer may change it."""


@dataclass(frozen=True)
class Keyed:
    """A list of models, merged across layers by the field ``by``."""

    by: str


@dataclass(frozen=True)
class Secret:
    """The value stands in ``secrets.yml`` only and is never shown."""

    generated: bool = False


@dataclass(frozen=True)
class PatientData:
    """The value names folders of patients' data."""


@dataclass(frozen=True)
class ReadAcross:
    """Checks of other machines read the value, too."""


Direction = Stricter | Ordered | Neutral | Keyed


def stricter(towards: Towards | None = None, *, order: Sequence[Any] | None = None) -> Direction:
    """Mark a field as stricter when ``lower``, ``higher``, ``true``, ``false``, and so on.

    ``subset``: stricter with fewer members (what is allowed); ``superset``: stricter with more
    (what is forbidden). ``order=("weak", "strict")``: the weakest word first.
    """
    if (towards is None) == (order is None):
        raise TypeError("stricter() takes either a direction or order=")
    return Stricter(towards) if towards is not None else Ordered(tuple(order or ()))


def neutral() -> Neutral:
    """Mark a field that is neither strict nor weak: an address, a name."""
    return Neutral()


def keyed(by: str) -> Keyed:
    """Mark a list of models that layers merge by the field ``by``.

    Adding an entry is free. Replacing or removing one of the layer above needs a waiver.
    """
    return Keyed(by)


def secret(*, generated: bool = False) -> Secret:
    """Mark a value that may only stand in the practice's encrypted ``secrets.yml``.

    ``generated``: passwords by name, which nobody has to invent: Socle makes those that
    `RoomSettings.needed_secrets` names.
    """
    return Secret(generated)


def patient_data() -> PatientData:
    """Mark folders that hold patients' data: names of files below them are masked in evidence."""
    return PatientData()


def read_across() -> ReadAcross:
    """Mark a value that checks read of other machines than the one they look at.

    Machines that verify themselves are told it of all machines of their practice.
    """
    return ReadAcross()


def matching(pattern: str, expected: str) -> AfterValidator:
    """Text that ``pattern`` matches as a whole; ``expected`` says it in words."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(expected)
        return value

    return AfterValidator(check)


@dataclass(frozen=True)
class BadSetting:
    """What is wrong in one setting, said by a room.

    ``path`` leads to it from the field on, with the name of a keyed entry in place of its
    position: ``("flows", "ntp", "peers", 0)``.
    """

    path: tuple[str | int, ...]
    expected: str
    read: str | None = None
    advice: str | None = None  # lines to add, for people to copy


class BadSettings(SocleError):
    """Settings that a room cannot work with; the loader adds file and line."""

    def __init__(self, settings: Iterable[BadSetting]) -> None:  # noqa: D107
        self.settings = tuple(settings)
        super().__init__("\n".join(_sentence(setting) for setting in self.settings))

    def under(self, *path: str | int) -> BadSettings:
        """The same, with ``path`` in front of every path."""
        return BadSettings(replace(s, path=path + s.path) for s in self.settings)


class RoomSettings(BaseModel):
    """Base of a room's settings. Field ``flows`` of room ``firewall`` is ``firewall_flows``.

    Bounds and types of single fields are judged layer by layer; validators of the class are
    judged on each host's resolved values.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        validate_default=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    derived_secrets: ClassVar[tuple[str, ...]] = ()
    """Names of computed values that must never be shown."""

    derived_from_secrets: ClassVar[tuple[str, ...]] = ()
    """Names of computed values that may be shown, but cannot be computed without the secrets."""

    flows_field: ClassVar[str] = "flows"
    """Where a practice declares flows, in the room whose `permits` decides on them."""

    removed_packages: ClassVar[str | None] = None
    """The field with the Debian packages that the room removes."""

    concluded: ClassVar[tuple[str, ...]] = ()
    """Names of the values that `conclude` computes."""

    def derive(self, host: Host, practice: Practice) -> dict[str, Any]:  # noqa: ARG002
        """Values computed for ``host`` once all hosts of ``practice`` are resolved.

        Keys are like field names, without the room's prefix; they become variables that nobody
        sets. ``packages``: the Debian packages that the room installs on the host, from which both
        engines take them. Raises `BadSettings` for settings that do not fit this practice.
        """
        return {}

    @classmethod
    def keeps(cls, settings: Mapping[str, Any]) -> Iterable[str]:  # noqa: ARG003
        """What the room keeps up on a host with these settings, a few words each.

        An apply asks before one of them is given up; whatever a room removes, disables or closes
        where it is no longer declared belongs here. Variables have their full names.
        """
        return ()

    @classmethod
    def watches(cls, settings: Mapping[str, Any]) -> Watch | None:  # noqa: ARG003
        """How a host with these settings verifies itself; None: the room asks for no such thing.

        Variables have their full names.
        """
        return None

    @classmethod
    def needed_secrets(cls, host: Host) -> Mapping[str, Iterable[str]]:  # noqa: ARG003
        """Field marked ``secret(generated=True)`` -> names of the passwords that ``host`` needs."""
        return {}

    def needed_flows(self, host: Host, practice: Practice) -> Iterable[Need]:  # noqa: ARG002
        """The flows without which ``host`` cannot do what these settings declare."""
        return ()

    def permits(self, host: Host, need: Need) -> bool | None:  # noqa: ARG002
        """Whether ``host``'s declared flows let ``need`` pass; None where others decide that."""
        return None

    def questions(self, host: Host, practice: Practice) -> Iterable[BadSetting]:  # noqa: ARG002
        """What nobody has said yet about ``host``, and somebody should: `socle check` asks it."""
        return ()

    def conclude(self, host: Host, practice: Practice) -> dict[str, Any]:  # noqa: ARG002
        """Values computed last, from all that the rooms derived for all hosts.

        They say again what others say (in the form in which a machine is told), so they are
        neither shown nor kept in bundles.
        """
        return {}


def direction(field: FieldInfo) -> Direction | None:
    """The direction of strictness that a field carries."""
    return next((mark for mark in field.metadata if isinstance(mark, Direction)), None)


def is_secret(field: FieldInfo) -> bool:
    """Whether the field is marked `secret`."""
    return any(isinstance(mark, Secret) for mark in field.metadata)


def generated_secrets(model: type[RoomSettings]) -> list[str]:
    """Names of the fields whose passwords Socle makes."""
    return [
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, Secret) and mark.generated for mark in field.metadata)
    ]


def holds_patient_data(field: FieldInfo) -> bool:
    """Whether the field is marked `patient_data`."""
    return any(isinstance(mark, PatientData) for mark in field.metadata)


def is_read_across(field: FieldInfo) -> bool:
    """Whether the field is marked `read_across`."""
    return any(isinstance(mark, ReadAcross) for mark in field.metadata)


def fields_without_direction(model: type[RoomSettings]) -> list[str]:
    """Names of the fields that do not say which way they are stricter."""
    return [name for name, field in model.model_fields.items() if direction(field) is None]


def is_weaker(marker: Direction, above: Any, value: Any) -> bool:
    """Whether ``value`` gives up some of the strictness of ``above``.

    ``None`` means "not set" and is the weakest value of every direction.
    """
    if above == value or above is None or isinstance(marker, Neutral):
        return False
    if value is None:
        return True
    if isinstance(marker, Keyed):
        return any(entry not in value for entry in above)
    if isinstance(marker, Ordered):
        return marker.order.index(value) < marker.order.index(above)
    return _weaker_towards(marker.towards, above, value)


def _weaker_towards(towards: Towards, above: Any, value: Any) -> bool:
    match towards:
        case "lower":
            return bool(value > above)
        case "higher":
            return bool(value < above)
        case "true" | "false":
            return bool(value is not (towards == "true"))
        case "subset":
            return any(member not in _members(above) for member in _members(value))
        case "superset":
            return any(member not in _members(value) for member in _members(above))


def _members(value: Any) -> list[Any]:
    return list(value.items()) if isinstance(value, Mapping) else list(value)


def _sentence(setting: BadSetting) -> str:
    where = ".".join(str(part) for part in setting.path)
    seen = "" if setting.read is None else f", read {setting.read}"
    return f"{where}: expected {setting.expected}{seen}"
