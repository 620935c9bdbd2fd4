"""``socle restore``: a folder or a whole machine comes back, with progress."""

from __future__ import annotations

import json
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from roles.backup.machines import LONGEST, complete
from socle import harmless
from socle.commands.console import SCREEN, say
from socle.commands.machines import Refused, connected

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from socle.baseline.model import Host

_MOST = 2**63 - 1  # bytes or files: a bar divides by it, and larger numbers have no float


def restore(
    practice: Path,
    host: str,
    *,
    to: str,
    path: str | None = None,
    repository: str | None = None,
    snapshot: str = "latest",
    in_place: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(alias="-y", negative="")] = False,
) -> int:
    """Bring a folder, or all folders of a machine, back onto it from its copies.

    Shows the plan first and asks. What is there is not touched unless --in-place is given. An
    interrupted restore goes on when it is started again.

    Exit code: 0 all came back, 1 something did not, 2 the practice's files or the words are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    host
        The machine whose data come back.
    to
        Folder on the machine below which they come back: /restauration, or / with --in-place.
    path
        Only this file or folder; all declared folders when not given.
    repository
        From this repository; the first one declared when not given.
    snapshot
        From this copy (an id that `socle backup status` or restic shows).
    in_place
        Replace what is there.
    yes
        Do not ask.
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these

    loaded = load(practice, identified=True)
    if host not in loaded.hosts:
        raise Refused(f"{loaded.name}: expected a host ({', '.join(loaded.hosts)}), read {host}")
    machine = loaded.hosts[host]
    complete([machine], loaded)
    source = _repository(machine, repository)
    _check(to, path)
    folders = [path] if path is not None else list(machine.settings["backup_folders"])
    say((host, "bold"), f": copy {snapshot} of {source}, below {to}")
    for folder in folders:
        say(f"  {folder}{' (replaces what is there)' if in_place else ''}")
    if not yes and not _agreed():
        say("Nothing was restored.")
        return 1
    words = ["socle-backup", "restore", "--json", "--repository", source, "--snapshot", snapshot]
    words += ["--to", to, *(["--in-place"] if in_place else [])]
    with connected(loaded) as connections:
        link = connections.link(host)
        return max(_follow(link, shlex.join([*words, "--path", one])) for one in folders)


def _repository(host: Host, wanted: str | None) -> str:
    known = [one["name"] for one in host.settings["backup_targets"]]
    if not host.settings["backup_folders"]:
        raise Refused(f"{host.name}: has no backup_folders: nothing of it was copied")
    if not known:
        raise Refused(f"{host.name}: no repository is declared for it")
    if wanted is not None and wanted not in known:
        raise Refused(f"{host.name}: expected a repository ({', '.join(known)}), read {wanted}")
    return wanted or str(known[0])


def _check(to: str, path: str | None) -> None:
    for word, value in (("--to", to), ("--path", path)):
        if value is not None and not value.startswith("/"):
            raise Refused(f"{word}: expected an absolute path on the machine, read {value}")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise Refused("expected --yes: there is no terminal to ask on")
    return input("Go on? [y/N] ").strip().lower() in {"y", "yes", "o", "oui"}


def _follow(link: Any, command: str) -> int:
    """Run on the machine and show the progress; 0 or 1."""
    from rich import progress as bars  # noqa: PLC0415

    from socle.verify.checks import Unknown  # noqa: PLC0415

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=SCREEN) as progress:
        task = progress.add_task("…", total=None)

        try:
            return 0 if link.follow(command, partial(_tell, progress, task), LONGEST) == 0 else 1
        except Unknown as trouble:
            say(f"  {trouble}")
            return 1


def _tell(progress: Progress, task: TaskID, line: str) -> None:
    """Show a line of the machine's: what socle-backup tells as JSON, or somebody's words."""
    try:
        said = json.loads(line)
        kind, numbers = said["message"], (said["bytes"], said.get("files", 0))
        done, files = (max(0, min(int(one), _MOST)) for one in numbers)
        words = {name: str(said.get(name)) for name in ("target", "snapshot", "time", "seconds")}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        say(f"  the machine says: {line}")
        return
    if kind == "plan":
        target = harmless.line(words["target"])
        copy = f"copy {words['snapshot']} of {words['time']}"
        say(f"  {copy}: {files} files, {done} bytes to {target}")
        progress.update(task, description=target, total=done)
        return
    progress.update(task, completed=done)
    if kind != "progress":
        say(f"  back: {files} files, {done} bytes in {words['seconds']} s", style="green")
