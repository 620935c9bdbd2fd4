"""pyinfra's own operations in a room: what they must not do is refused, before any change.

They run as root (root.py), in this run's turn, and are planned and counted as ours are. They know
neither the guard nor the files of the rooms.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from inspect import signature
from pathlib import PurePath
from typing import Any

from pyinfra import host as current_host
from pyinfra.operations import apt, files, iptables, server, systemd

from socle.apply import current
from socle.apply.guard import can_cut
from socle.apply.preflight import REFUSED
from socle.baseline import managed
from socle.baseline.model import Room

_MODULES = (apt, files, iptables, server, systemd)  # server imports most of them
_WAY_IN = (
    "/etc/NetworkManager",
    "/etc/network",
    "/etc/nftables.conf",
    "/etc/pam.d",
    "/etc/security",
    "/etc/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/systemd/network",
)
_UNITS = ("ssh", "sshd", "networking", "systemd-networkd", "NetworkManager")
_FILTER = "the packet filter changes behind a guard alone: command_on_change(guard=…), and confirm"
_NEVER = {
    "files.rsync": "it connects by itself; a tree of files.yml is copied by managed_files",
    "server.reboot": "it would end this run's turn",
    "iptables.chain": _FILTER,
    "iptables.rule": _FILTER,
    "apt.dist_upgrade": "it may remove packages; packages(absent=…) asks first what goes along",
}


def take_over() -> None:
    """Ask `refusal` first. Called when this package is imported, before rooms import them."""
    for module in _MODULES:
        for name, operation in [*vars(module).items()]:
            if hasattr(operation, "_inner") and operation.__module__ == module.__name__:
                setattr(module, name, _asked(operation, f"{module.__name__.split('.')[-1]}.{name}"))


def _asked(operation: Callable[..., Any], name: str) -> Callable[..., Any]:
    parameters = list(signature(operation).parameters)

    @wraps(operation)
    def asked(*args: Any, **words: Any) -> Any:
        if current_host.data.get("socle_host") is None:
            return operation(*args, **words)
        given = {**dict(zip(parameters, args, strict=False)), **words}
        login = current.resolved_host().connection.user
        if reason := refusal(name, given, current.practice().rooms, login):
            current.leave_out(f"{REFUSED}{name}: {reason}")
        meta = operation(*args, **words)
        can_cut(meta)  # nobody has looked into what it does
        return meta

    return asked


def refusal(name: str, words: Mapping[str, Any], rooms: Iterable[Room], login: str) -> str:
    """Why an operation must not be used so; empty: it may.

    Args:
        words: its arguments by name.
        login: the account that the operator comes in with.
    """
    return next(_refusals(name, words, list(rooms), login), "")


def _refusals(name: str, words: Mapping[str, Any], rooms: list[Room], login: str) -> Iterator[str]:
    if name in _NEVER:
        yield _NEVER[name]
    if name.endswith(".packages") and not words.get("present", True):
        yield "packages(absent=…) asks first what goes along"
    if name.startswith("server.user") and words.get("user") in {"root", login}:
        yield f"the account {words['user']} is the way in"
    guarded = (_unit_of(path) for room in rooms for path in managed.guarded(room.files))
    unit = _unit(str(words.get("service", "")))
    if unit and unit in {*_UNITS, *guarded}:
        yield f"{unit} can cut access: reload_ssh or unit(guard=…), and confirm"
    for path in _paths(words.values()):
        for room in rooms:
            if any(path == one.target for entry in room.files for one in entry.sources):
                yield f"{path} is a file of the room {room.name}, which its files.yml lists"
        if any(path == place or path.startswith(f"{place}/") for place in _WAY_IN):
            yield f"{path} can cut access: managed_files(guard=…), and confirm"


def _paths(values: Iterable[Any]) -> list[str]:
    found = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [
        posixpath.normpath(str(one))
        for one in found
        if isinstance(one, str | PurePath) and str(one).startswith("/")
    ]


def _unit(name: str) -> str:
    return name.removesuffix(".service").removesuffix(".socket")


def _unit_of(path: str) -> str:
    """The unit that a file of systemd is, or changes; empty: none."""
    folder = "/etc/systemd/system/"
    if not path.startswith(folder):
        return ""
    return _unit(path.removeprefix(folder).split("/", maxsplit=1)[0].removesuffix(".d"))
