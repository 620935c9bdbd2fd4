"""Operations: compare the wish with the probe, yield one command only where they differ.

Contents go by standard input; a file is validated before it replaces the old one, and replaces
it in one step; a run can be killed at any point and run again. With ``guard=`` the change arms
the host's way back first (see :mod:`socle.apply.guard`).
"""

from __future__ import annotations

import base64
import os
import shlex
from collections.abc import Generator, Sequence

from pyinfra import host
from pyinfra.api import StringCommand
from pyinfra.api.operation import OperationMeta, operation

from socle.apply import adapter
from socle.apply.diff import difference
from socle.apply.guard import Guard
from socle.apply.probe import ObservedFile, observed
from socle.render import render

APT_LOCK_SECONDS = int(os.environ.get("SOCLE_APT_LOCK_SECONDS", "120"))
"""How long apt waits for another package manager to finish."""

_WRITE = """
umask 022 && mkdir -p "$(dirname "$path")" && umask 077 &&
new=$(mktemp "$path.socle.XXXXXX") && trap 'rm -f "$new"' EXIT &&
base64 -d >"$new" && sync "$new" && { [ -z "$validate" ] || $validate "$new"; } &&
chown "$user:$group" "$new" && chmod "$mode" "$new" && mv -fT "$new" "$path"
"""
_APT = """
export DEBIAN_FRONTEND=noninteractive
apt="apt-get -qq --yes -o DPkg::Lock::Timeout=$patience"
[ -z "$wanted" ] || apt-cache show $wanted >/dev/null 2>&1 || $apt update || exit
$apt --no-install-recommends --purge -o Dpkg::Options::=--force-confold install $wanted $unwanted ||
{ code=$?; apt-get -qq check; exit $code; } # it waited for a lock in silence: this names the holder
"""


def template(
    path: str,
    *,
    mode: str = "644",
    validate: str | None = None,
    secret: bool = False,
    guard: Guard | None = None,
) -> OperationMeta:
    """Manage ``path`` with the room's template of the same path, filled for this host.

    Args:
        mode: octal, as text; the owner is root.
        validate: a command that must accept the new file, whose name is added to it.
        secret: never print the content.
    """
    source = next(
        t.source for room in adapter.practice().rooms for t in room.templates if t.target == path
    )
    content = render(source, adapter.resolved_host().settings)
    return managed_file(path, content, mode=mode, validate=validate, secret=secret, guard=guard)


def static(
    path: str, *, mode: str = "644", validate: str | None = None, guard: Guard | None = None
) -> OperationMeta:
    """Manage ``path`` with the file of the same path in the room's ``files/``, copied as it is."""
    source = next(
        s.source for room in adapter.practice().rooms for s in room.statics if s.target == path
    )
    content = source.read_text(encoding="utf-8")
    return managed_file(path, content, mode=mode, validate=validate, guard=guard)


def managed_file(
    path: str,
    content: str,
    *,
    mode: str = "644",
    user: str = "root",
    group: str = "root",
    validate: str | None = None,
    secret: bool = False,
    guard: Guard | None = None,
) -> OperationMeta:
    """A file with exactly this content, mode and owner; see :func:`template`."""
    wanted = ObservedFile("file", mode, user, group, content.encode())
    return _under(guard, _file(name=path, wishes=(path, wanted, validate, secret), guard=guard))


def absent_file(path: str, *, guard: Guard | None = None) -> OperationMeta:
    """No file at ``path``."""
    return _under(guard, _file(name=path, wishes=(path, None, None, False), guard=guard))


@operation()
def _file(
    wishes: tuple[str, ObservedFile | None, str | None, bool], guard: Guard | None
) -> Generator[StringCommand, None, None]:
    path, wanted, validate, secret = wishes
    seen = observed().files.get(path)
    if seen == wanted:
        host.noop(f"{path} is as it should be")
        return
    _show(difference(path, seen, wanted, secret=secret))
    if wanted is None or wanted.content is None:
        yield _change(f"remove {path}", 'rm -f "$path"', {"path": path}, guard)
        return
    variables = {
        "path": path,
        "user": wanted.user,
        "group": wanted.group,
        "mode": wanted.mode,
        "validate": validate or "",
    }
    content = base64.b64encode(wanted.content).decode()
    yield _change(f"write {path}", _WRITE, variables, guard, stdin=content)


def packages(
    *, present: Sequence[str] = (), absent: Sequence[str] = (), guard: Guard | None = None
) -> OperationMeta:
    """Debian packages that must be installed, and packages that must not."""
    title = f"Packages {', '.join(present)}" + (f", {len(absent)} forbidden" if absent else "")
    return _under(guard, _packages(name=title, present=present, absent=absent, guard=guard))


@operation()
def _packages(
    present: Sequence[str], absent: Sequence[str], guard: Guard | None
) -> Generator[StringCommand, None, None]:
    installed = observed().packages
    wanted = [name for name in present if name not in installed]
    unwanted = [name for name in absent if name in installed]
    if not wanted and not unwanted:
        host.noop("packages are as they should be")
        return
    _show([f"+ package {name}" for name in wanted] + [f"- package {name}" for name in unwanted])
    variables = {
        "patience": str(APT_LOCK_SECONDS),
        "wanted": " ".join(wanted),
        "unwanted": " ".join(f"{name}-" for name in unwanted),
    }
    wishes = [f"install {name}" for name in wanted] + [f"remove {name}" for name in unwanted]
    yield _change(", ".join(wishes), _APT, variables, guard)


def unit(
    unit: str,
    *,
    enabled: bool = True,
    running: bool = True,
    masked: bool = False,
    reload_when: Sequence[OperationMeta] = (),
    or_when: bool = False,
    guard: Guard | None = None,
) -> OperationMeta:
    """A systemd unit as it should be at boot and now; reloaded when its files were changed.

    Args:
        masked: stopped, and nobody can start it; else a mask is taken off.
        reload_when: the operations whose change asks for a reload.
        or_when: reload too, if the caller has seen that what runs is not what the files say.
    """
    if masked:
        return _under(guard, _mask(name=f"{unit} masked", unit=unit, guard=guard))
    wishes = (unit, enabled, running, list(reload_when), or_when)
    return _under(guard, _unit(name=unit, wishes=wishes, guard=guard))


@operation()
def _mask(unit: str, guard: Guard | None) -> Generator[StringCommand, None, None]:
    seen = observed()
    if seen.unit_files.get(unit) == "masked" and seen.units.get(unit) != "active":
        host.noop(f"{unit} is masked")
        return
    _show([f"! systemctl mask --now {unit}"])
    yield _change(f"mask {unit}", 'systemctl --quiet mask --now "$unit"', {"unit": unit}, guard)


@operation()
def _unit(
    wishes: tuple[str, bool, bool, list[OperationMeta], bool], guard: Guard | None
) -> Generator[StringCommand, None, None]:
    unit, enabled, running, reload_when, drifted = wishes
    seen = observed()
    state = seen.unit_files.get(unit, "")
    verbs = ["unmask"] if state.startswith("masked") else []
    if enabled != (state == "enabled"):
        verbs.append("enable" if enabled else "disable")
    if running and (drifted or any(adapter.changed(meta) for meta in reload_when)):
        verbs.append("reload-or-restart")
    elif running != (seen.units.get(unit) == "active"):
        verbs.append("start" if running else "stop")
    if not verbs:
        host.noop(f"{unit} is as it should be")
        return
    _show([f"! systemctl {verb} {unit}" for verb in verbs])
    steps = ["systemctl daemon-reload", *(f'systemctl --quiet {verb} "$unit"' for verb in verbs)]
    yield _change(f"{', '.join(verbs)} {unit}", " && ".join(steps), {"unit": unit}, guard)


def command_on_change(
    command: str,
    *,
    when: Sequence[OperationMeta],
    or_when: bool = False,
    title: str | None = None,
    guard: Guard | None = None,
) -> OperationMeta:
    """Run ``command`` (POSIX sh, as root) if one of the operations changed something.

    ``title``: what it does in words, where the command is too long to be shown.
    """
    wishes = (command, title or command, list(when), or_when)
    return _under(guard, _run(name=title or command, wishes=wishes, guard=guard))


@operation()
def _run(
    wishes: tuple[str, str, list[OperationMeta], bool], guard: Guard | None
) -> Generator[StringCommand, None, None]:
    command, title, when, drifted = wishes
    if not drifted and not any(adapter.changed(meta) for meta in when):
        host.noop("nothing has changed")
        return
    _show([f"! {title}"])
    yield _change(f"run {title}", command, {}, guard)


def _under(guard: Guard | None, meta: OperationMeta) -> OperationMeta:
    if guard is not None:
        guard.operations.append(meta)
    return meta


def _show(lines: Sequence[str]) -> None:
    if adapter.wants_diff():
        adapter.say("\n".join(lines))


def _change(
    trying: str, script: str, variables: dict[str, str], guard: Guard | None, stdin: str = ""
) -> StringCommand:
    """The command that changes the host, behind the arming of the guard if there is one.

    ``trying`` is the wish in words, for the operator if it fails.
    """
    assignments = "\n".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    script = f"{assignments}\n{script}"
    words: tuple[str, ...] = ()
    if guard is not None:
        script, words = guard.arming(script)
    return adapter.Change(adapter.command_as_root(script, *words, stdin=stdin), trying)
