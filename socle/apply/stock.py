"""pyinfra's own operations in a room: what they must not do is refused, before any change.

They run as root (root.py), in this run's turn, and are planned and counted as ours are. They know
neither the guard nor the files of the rooms.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
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
    "/etc/group",
    "/etc/gshadow",
    "/etc/network",
    "/etc/nftables.conf",
    "/etc/nsswitch.conf",
    "/etc/pam.d",
    "/etc/passwd",
    "/etc/security",
    "/etc/shadow",
    "/etc/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/systemd/network",
    "/root/.ssh",
)
_OWN = ("/etc/socle", "/run/socle", "/var/lib/socle")
_GROUPS = ("adm", "root", "sudo", "wheel")
_UNITS = ("ssh", "sshd", "networking", "systemd-networkd", "NetworkManager")
_UNIT_FOLDERS = (
    "/etc/systemd/system/",
    "/run/systemd/system/",
    "/usr/lib/systemd/system/",
    "/usr/local/lib/systemd/system/",
)
_LINKED = {"/lib/": "/usr/lib/", "/var/run/": "/run/"}
_PATHS = (
    "authorized_key_directory",
    "dest",
    "force_backup_dir",
    "home",
    "hostname_file",
    "path",
    "persist_file",
    "target",
)
"""The arguments that are paths; others may be text that looks like one."""
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
    group = None if words.get("present", True) else words.get("group")
    if name == "server.group" and group in {*_GROUPS, login}:
        yield f"the group {group} is the way in"
    paths = [path for room in rooms for path in managed.guarded(room.files)]
    guarded = [*_UNITS, *(unit for path in paths for unit in _units_of(path)[:1])]
    yield from _about_units([_unit(str(words.get("service", "")))], guarded)
    home = "/root" if login == "root" else f"/home/{login}"
    way_in = [*_WAY_IN, f"{home}/.ssh"]
    for path in _paths(name, words, home):
        yield from _about_units(_units_of(path), guarded)
        yield from _about_path(path, way_in, rooms)
        yield from _about_parent(path, way_in, rooms, _kept(name, words))


def _about_units(units: Iterable[str], guarded: Iterable[str]) -> Iterator[str]:
    """Why these units must be left alone. systemctl takes patterns, too."""
    for unit in units:
        if unit.startswith("socle-") or fnmatchcase("socle-guard", unit):
            yield f"{unit} is Socle's own: a unit of this room is for unit(…)"
        if any(fnmatchcase(one, unit) for one in guarded):
            yield f"{unit} can cut access: reload_ssh or unit(guard=…), and confirm"


def _about_path(path: str, way_in: Iterable[str], rooms: Iterable[Room]) -> Iterator[str]:
    """Why the file or folder must be left alone."""
    for room in rooms:
        if any(path == one.target for entry in room.files for one in entry.sources):
            yield f"{path} is a file of the room {room.name}, which its files.yml lists"
    if any(f"{path}/".startswith(f"{place}/") for place in way_in):
        yield f"{path} can cut access: managed_files(guard=…), and confirm"
    if any(f"{path}/".startswith(f"{place}/") for place in _OWN):
        yield f"{path} is Socle's own"


def _about_parent(
    path: str, way_in: Iterable[str], rooms: Iterable[Room], kept: str
) -> Iterator[str]:
    """Why the folder must be left alone, because of what is below it. ``kept``: see `_kept`."""
    above = f"{path.rstrip('/')}/"
    for place in [*way_in, *_OWN, *_UNIT_FOLDERS]:
        if place.startswith(above) and kept != "all":
            yield f"{path} holds {place}, which can cut access"
    for room in rooms:
        for one in (one for entry in room.files for one in entry.sources):
            if one.target.startswith(above) and not kept:
                yield f"{path} holds {one.target}, a file of the room {room.name}"


def _kept(name: str, words: Mapping[str, Any]) -> str:
    """What an operation leaves of a folder as it is: "all", what is "below", or nothing."""
    if name != "files.directory" or not words.get("present", True) or words.get("recursive"):
        return ""
    return "below" if any(words.get(one) for one in ("user", "group", "mode")) else "all"


def _paths(name: str, words: Mapping[str, Any], home: str) -> list[str]:
    """The host's paths among the arguments, in one spelling. An operation begins in ``home``."""
    names = [*_PATHS, "src"] if name == "files.move" else _PATHS
    found = [str(words[one]) for one in names if isinstance(words.get(one), str | PurePath)]
    folder = posixpath.join(home, str(words.get("_chdir") or ""))
    return [_plain(posixpath.join(folder, one.removeprefix("~/"))) for one in found]


def _plain(path: str) -> str:
    plain = posixpath.normpath(f"/{path.lstrip('/')}") + "/"
    for link, folder in _LINKED.items():
        if plain.startswith(link):
            plain = folder + plain.removeprefix(link)
    return plain.rstrip("/") or "/"


def _unit(name: str) -> str:
    for end in (".service", ".socket", ".timer"):
        name = name.removesuffix(end)
    return name.partition("@")[0]


def _units_of(path: str) -> list[str]:
    """The units that a file of systemd's is or changes, or that a link there switches on."""
    for folder in _UNIT_FOLDERS:
        if path.startswith(folder):
            parts = path.removeprefix(folder).split("/")
            return [_unit(part.removesuffix(".d")) for part in parts if not part.endswith(".conf")]
    return []
