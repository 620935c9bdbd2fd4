"""Operations on packages and systemd units, and commands that follow a change.

Like those on files they compare the wish with the probe, and send nothing where nothing differs.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Generator, Sequence
from importlib.resources import files

from pyinfra import host
from pyinfra.api import StringCommand
from pyinfra.api.operation import OperationMeta, operation

from socle.apply import asking, current
from socle.apply.changes import change, show, under
from socle.apply.guard import Guard, can_cut
from socle.apply.preflight import REFUSED
from socle.apply.probe import Observed, observed
from socle.baseline.removals import Removal, refusal, removal, shown

APT_LOCK_SECONDS = int(os.environ.get("SOCLE_APT_LOCK_SECONDS", "120"))
"""How long apt waits for another package manager to finish."""

_APT = """
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l # no service restarts by apt's own idea
apt="apt-get -qq --yes -o DPkg::Lock::Timeout=$patience"
[ -z "$wanted" ] || apt-cache show $wanted >/dev/null 2>&1 || $apt update || exit
$apt --no-install-recommends --purge -o Dpkg::Options::=--force-confold install $wanted $unwanted ||
{ code=$?; apt-get -qq check; exit $code; } # it waited for a lock in silence: this names the holder
"""

_ON_DISK = ("unmask", "enable", "disable")
"""What systemctl does to files alone, and reloads systemd after each."""

_REMOVAL = (files("socle.apply") / "removal.sh").read_text(encoding="utf-8")


def packages(*, present: Sequence[str] = (), absent: Sequence[str] = ()) -> OperationMeta:
    """Debian packages that must be installed, and packages that must not.

    What apt would remove along with those is asked first: a host that needs some of it is left out.
    """
    title = f"Packages {', '.join(present)}" + (f", {len(absent)} forbidden" if absent else "")
    seen = observed()
    unwanted = [name for name in absent if name in seen.packages]
    leaving = _leaving(absent, seen)
    if reason := refusal(leaving):  # of a room that has no preflight for it
        current.leave_out(f"{REFUSED}{reason}")
    meta = _packages(name=title, present=present, absent=unwanted, leaving=leaving)
    if unwanted:
        can_cut(meta)
    return meta


def removal_refused(absent: Sequence[str], seen: Observed) -> str:
    """Why these packages stay on the current host, for a room's preflight; empty: they may go."""
    return refusal(_leaving(absent, seen))


def _leaving(absent: Sequence[str], seen: Observed) -> Removal:
    """What apt would remove with those of the packages that are installed; asked once a run."""
    unwanted = tuple(name for name in absent if name in seen.packages)
    if not unwanted:
        return Removal()
    known = current.once_per_host(_removals)
    if unwanted not in known:
        try:
            known[unwanted] = removal(asking.ask(_REMOVAL, *unwanted), unwanted)
        except asking.Unanswered as error:
            known[unwanted] = Removal(error=str(error))
    found: Removal = known[unwanted]
    return found


def _removals() -> dict[tuple[str, ...], Removal]:
    return {}


@operation()
def _packages(
    present: Sequence[str], absent: Sequence[str], leaving: Removal
) -> Generator[StringCommand, None, None]:
    installed = observed().packages
    wanted = [name for name in present if name not in installed]
    if not wanted and not absent:
        host.noop("packages are as they should be")
        return
    show([*(f"+ package {name}" for name in wanted), *shown(leaving)])
    variables = {
        "patience": str(APT_LOCK_SECONDS),
        "wanted": " ".join(wanted),
        "unwanted": " ".join(f"{name}-" for name in absent),
    }
    wishes = [f"install {name}" for name in wanted] + [f"remove {name}" for name in absent]
    yield change(", ".join(wishes), _APT, variables, None)


def unit(
    unit: str,
    *,
    enabled: bool = True,
    running: bool = True,
    reload_when: Sequence[OperationMeta] = (),
    or_when: bool = False,
    guard: Guard | None = None,
) -> OperationMeta:
    """A systemd unit as it should be at boot and now; reloaded when its files were changed.

    A mask is taken off.

    Args:
        reload_when: the operations whose change asks for a reload.
        or_when: reload too, if the caller has seen that what runs is not what the files say.
    """
    wishes = (unit, enabled, running, list(reload_when), or_when)
    return under(guard, _unit(name=unit, wishes=wishes, guard=guard))


def masked(*units: str) -> OperationMeta:
    """systemd units that are stopped, and that nobody can start."""
    return _masked(name=f"{', '.join(units)} masked", units=units)


@operation()
def _masked(units: Sequence[str]) -> Generator[StringCommand, None, None]:
    files, states = observed().unit_files, observed().units
    wanted = [one for one in units if files.get(one) != "masked" or states.get(one) == "active"]
    if not wanted:
        host.noop(f"{', '.join(units)}: masked")
        return
    names = " ".join(wanted)
    show([f"! systemctl mask --now {names}"])
    yield change(f"mask {names}", "systemctl --quiet mask --now $units", {"units": names}, None)


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
    if running and (drifted or any(current.changed(meta) for meta in reload_when)):
        verbs.append("reload-or-restart")
    elif running != (seen.units.get(unit) == "active"):
        verbs.append("start" if running else "stop")
    if not verbs:
        host.noop(f"{unit} is as it should be")
        return
    show([f"! systemctl {verb} {unit}" for verb in verbs])
    steps = [f'systemctl --quiet --no-reload {verb} "$unit"' for verb in verbs if verb in _ON_DISK]
    steps.append("systemctl daemon-reload")  # once: it costs a fifth of a second
    steps += [f'systemctl --quiet {verb} "$unit"' for verb in verbs if verb not in _ON_DISK]
    yield change(f"{', '.join(verbs)} {unit}", " && ".join(steps), {"unit": unit}, guard)


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
    return under(guard, _run(name=title or command, wishes=wishes, guard=guard))


def delivered(
    content: Callable[[], bytes], command: str, *, title: str, when: bool
) -> OperationMeta:
    """Hand ``content`` to ``command`` (POSIX sh, as root), where the caller has seen that it lacks.

    The command reads it base64 encoded from standard input. ``content`` is asked for only then.
    """
    return _deliver(name=title, wishes=(content, command, title, when))


@operation()
def _deliver(
    wishes: tuple[Callable[[], bytes], str, str, bool],
) -> Generator[StringCommand, None, None]:
    content, command, title, wanted = wishes
    if not wanted:
        host.noop("it is there")
        return
    show([f"+ {title}"])
    yield change(f"deliver {title}", command, {}, None, stdin=base64.b64encode(content()).decode())


@operation()
def _run(
    wishes: tuple[str, str, list[OperationMeta], bool], guard: Guard | None
) -> Generator[StringCommand, None, None]:
    command, title, when, drifted = wishes
    if not drifted and not any(current.changed(meta) for meta in when):
        host.noop("nothing has changed")
        return
    show([f"! {title}"])
    yield change(f"run {title}", command, {}, guard)
