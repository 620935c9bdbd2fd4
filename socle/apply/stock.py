"""pyinfra's own operations in a room: what they must not do is refused, before any change.

They run as root (root.py), in this run's turn, and are planned and counted as ours are. They know
neither the guard nor the files of the rooms. Those that nobody has looked into are refused.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from importlib import import_module
from inspect import isfunction, signature
from pathlib import PurePath
from pkgutil import walk_packages
from typing import Any

import pyinfra.operations
from pyinfra import host as current_host
from pyinfra.operations import apt

from socle.apply import current
from socle.apply.guard import can_cut
from socle.apply.preflight import REFUSED
from socle.apply.untouched import GROUPS, Untouched, plain
from socle.baseline.model import Room

_JUDGED = ("apt", "files", "server", "systemd")
_UNJUDGED = (
    "nobody has judged what it may do to the way in and to the rooms' files: "
    "command_on_change(…) does the same, with guard=… where it can cut access"
)
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
    "server.kill": "a number does not say whose process it is: systemd.service",
    "server.security_limit": "it can cut access: managed_files(guard=…), and confirm",
    "iptables.chain": _FILTER,
    "iptables.rule": _FILTER,
    "apt.deb": "dpkg removes what the package conflicts with: apt.packages takes a file, too",
    "apt.dist_upgrade": "it may remove packages; packages(absent=…) asks first what goes along",
}
_ABSENT = "packages(absent=…) asks first what goes along"


def take_over() -> None:
    """Ask `refusal` first. Called when this package is imported, before rooms import them."""
    found = walk_packages(pyinfra.operations.__path__, f"{pyinfra.operations.__name__}.")
    for module in [import_module(one.name) for one in found]:
        for name, operation in [*vars(module).items()]:
            if isfunction(operation) and hasattr(operation, "_inner"):
                setattr(module, name, _asked(operation))
    setattr(apt, "noninteractive_apt", partial(_removing_nothing, apt.noninteractive_apt))  # noqa: B010


def _removing_nothing(command: Callable[..., str], words: str, force: bool = False) -> str:
    """apt's command, which ends before any change where it would have to remove something."""
    ours = current_host.data.get("socle_host") is not None
    return command(f"--no-remove {words}" if ours else words, force=force)


def _asked(operation: Callable[..., Any]) -> Callable[..., Any]:
    parameters = list(signature(operation).parameters)
    module = operation.__module__.removeprefix(f"{pyinfra.operations.__name__}.")
    name = f"{module}.{operation.__name__}"

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
    if name.partition(".")[0] not in _JUDGED:
        yield _UNJUDGED
    yield from _about_packages(name, words)
    if name.startswith("server.user") and words.get("user") in {"root", login}:
        yield f"the account {words['user']} is the way in"
    group = None if words.get("present", True) else words.get("group")
    if name == "server.group" and group in {*GROUPS, login}:
        yield f"the group {group} is the way in"
    home = "/root" if login == "root" else f"/home/{login}"
    untouched = Untouched(rooms, home)
    yield from untouched.unit(str(words.get("service", "")))
    for path in _paths(name, words, home):
        yield from untouched.path(path, _kept(name, words))


def _about_packages(name: str, words: Mapping[str, Any]) -> Iterator[str]:
    """Why these packages must not be changed so. apt removes what ends in "-"."""
    if name == "apt.upgrade" and words.get("auto_remove"):
        yield _NEVER["apt.dist_upgrade"]
    if not name.endswith(".packages"):
        return
    given = words.get("packages") or ()
    names = [given] if isinstance(given, str) else [str(one) for one in given]
    more = str(words.get("extra_install_args") or "").split()
    if not words.get("present", True) or any(one.endswith("-") for one in (*names, *more)):
        yield _ABSENT


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
    return [plain(posixpath.join(folder, one.removeprefix("~/"))) for one in found]
