"""``socle backup``: copies now, how they stand, their passwords, the recovery sheet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from socle.commands.console import SCREEN, data, say, write
from socle.commands.machines import LONGEST, Refused, Repeated, chosen, clients, complete, connected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from socle.baseline.model import Host

app = App(name="backup", help="Copies of a practice's data: make them now, look at them, recover.")
_AT_ONCE = 4  # machines; they share one server and one line
# A new machine has proved nothing yet: its first copy is tried out at once, then monthly.
_RUN = """socle-backup run || exit
ls /var/lib/socle/evidence/restore-tests/*.json >/dev/null 2>&1 || socle-backup restore-test"""


@app.command
def run(practice: Path, *, limit: Repeated = None) -> int:
    """Copy the machines' data now, and show how it goes. The first copy is tested at once.

    Exit code: 0 every copy is complete, 1 one is not, 2 the practice's files are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    limit
        Only this host or group (may be given again; * and ? match).
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these

    loaded = load(practice, identified=True)
    hosts = clients(chosen(loaded, limit or ()))
    if not hosts:
        raise Refused(f"{loaded.name}: no machine has backup_folders: there is nothing to copy")
    complete(hosts, loaded)
    names = [host.name for host in hosts]
    with connected(loaded) as connections, ThreadPoolExecutor(_AT_ONCE) as pool:
        good = list(pool.map(lambda name: _follow(connections.link(name), name), names))
    failed = [name for name, ok in zip(names, good, strict=True) if not ok]
    if failed:
        say(f"Not complete: {', '.join(failed)}", style="red")
    return 1 if failed else 0


def _follow(link: Any, name: str) -> bool:
    """Run on one machine; whether all went well."""
    from socle.verify.checks import Unknown  # noqa: PLC0415

    def tell(line: str) -> None:
        say(f"{name}: {line}")

    try:
        code = link.follow(_RUN, tell, LONGEST)
    except Unknown as trouble:
        tell(str(trouble))
        return False
    return bool(code == 0)


@app.command
def status(
    practice: Path,
    *,
    limit: Repeated = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """What the repositories themselves say of the machines' copies.

    Exit code: 0 every machine has answered, 4 one has not, 2 the practice's files are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    limit
        Only this host or group (may be given again; * and ? match).
    json
        Print data instead of a table.
    """
    from roles.backup.answers import status as asked  # noqa: PLC0415
    from socle.baseline import load  # noqa: PLC0415
    from socle.verify.backend import testinfra_host  # noqa: PLC0415
    from socle.verify.checks import Unknown  # noqa: PLC0415

    loaded = load(practice, identified=True)
    answers: dict[str, Any] = {}
    with connected(loaded) as connections:
        for host in _with_copies(chosen(loaded, limit or ())):
            try:
                answer = asked(testinfra_host(connections.link(host.name)))
                _table({host.name: answer})
                answers[host.name] = answer
            except Unknown as trouble:
                answers[host.name] = {"error": str(trouble)}
            except Exception:  # whatever it answers instead: the others' answers are shown
                answers[host.name] = {"error": "socle-backup status: not the expected answer"}
    if json:
        data(answers)
    else:
        SCREEN.print(_table(answers))
    return 4 if any("error" in answer for answer in answers.values()) else 0


def _with_copies(hosts: list[Host]) -> list[Host]:
    return [h for h in hosts if h.settings["backup_targets"] or h.settings["backup_served"]]


def _table(answers: Mapping[str, Any]) -> Table:
    """Raises all kinds of errors for an answer that is none."""
    from rich.table import Table  # noqa: PLC0415

    table = Table("machine", "repository", "copies", "newest", "checked", "restored", "remarks")
    for name, answer in answers.items():
        if "error" in answer:
            table.add_row(name, "", "", "", "", "", answer["error"])
        for one in answer.get("repositories", ()):
            table.add_row(name, one["name"], *_cells(one))
        for one in answer.get("served", ()):
            newest = (one.get("newest") or {}).get("time", "never")
            pruned = (one.get("last_prune") or {}).get("result", "never")
            remark = one["error"] or f"old copies removed: {pruned}"
            count = str(one.get("snapshots", ""))
            table.add_row(name, f"for {one['client']}", count, newest, "", "", remark)
    return table


def _cells(one: Mapping[str, Any]) -> list[str]:
    if one["kind"] == "disk":
        last = one["last_copy"] or {}
        remark = "plugged in" if one["attached"] else "not plugged in"
        return ["", last.get("time", "never"), "", "", remark]
    remarks = [one["error"] or ("" if one["reachable"] else "no answer")]
    if one["reachable"]:
        remarks += [f"without {folder}" for folder in one.get("missing_folders", ())]
    newest = (one.get("newest") or {}).get("time", "never")
    checked, restored = one["last_check"] or {}, one["last_restore_test"] or {}
    return [
        str(one.get("snapshots", "")),
        newest,
        f"{checked.get('time', 'never')} {checked.get('result', '')}".strip(),
        f"{restored.get('time', 'never')} {restored.get('result', '')}".strip(),
        ", ".join(remark for remark in remarks if remark),
    ]


@app.command
def passwords(practice: Path) -> int:
    """Make the passwords that are missing, into the practice's encrypted secrets.yml.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    """
    from socle.commands.secrets import make  # noqa: PLC0415

    made = make(practice)
    for host, names in made.items():
        say(f"{host}: made for {', '.join(dict.fromkeys(names))}")
    if made:
        say(f"Print the recovery sheet now, and seal it: socle backup sheet {practice} --out …")
    else:
        say("nothing is missing")
    return 0


@app.command
def sheet(practice: Path, *, out: Path | None = None) -> int:
    """The sheet for the sealed envelope: passwords, and how to recover from nothing. In French.

    Never stored: it goes to the terminal, or to a file outside of the checkout that only you can
    read. Print it, seal it, delete the file.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    out
        Write this file instead: .txt or .pdf.
    """
    from datetime import date  # noqa: PLC0415

    from socle.baseline import load  # noqa: PLC0415

    loaded = load(practice, identified=True)
    from roles.backup.recovery_sheet import lines, pdf  # noqa: PLC0415

    complete(list(loaded.hosts.values()), loaded)
    text = lines(loaded, date.today())
    if out is None:
        write("\n".join(text) + "\n")
        return 0
    place = out.absolute()
    for shared in (loaded.root, loaded.folder):  # with git
        if place.resolve().is_relative_to(shared.resolve()):
            raise Refused(f"{out}: expected a file outside of {shared}: secrets would stay in it")
    if place.suffix not in {".txt", ".pdf"}:
        raise Refused(f"{out}: expected a name that ends in .txt or .pdf")
    content = pdf(text) if place.suffix == ".pdf" else ("\n".join(text) + "\n").encode()
    _write(place, content)
    say(f"{out}: print it, seal it in an envelope, then delete the file.")
    return 0


def _write(place: Path, content: bytes) -> None:
    """A new file that nobody else may read, not for a moment."""
    import os  # noqa: PLC0415

    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{place}: expected a file that does not exist yet") from None
    except OSError as error:
        raise Refused(f"{place}: {error.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
