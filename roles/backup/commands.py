"""``socle backup`` (copies now, how they stand, their passwords, the sheet) and ``restore``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from roles.backup.machines import LONGEST, clients, complete, with_copies
from roles.backup.restore import restore
from socle.commands.console import SCREEN, data, say, write
from socle.commands.machines import Refused, Repeated, chosen, connected

if TYPE_CHECKING:
    from socle.baseline.model import Host

app = App(name="backup", help="Copies of a practice's data: make them now, look at them, recover.")
_AT_ONCE = 4  # machines; they share one server and one line
# A new machine has proved nothing yet: its first copy is tried out at once, then monthly.
_RUN = """socle-backup run || exit
ls /var/lib/socle/evidence/restore-tests/*.json >/dev/null 2>&1 || socle-backup restore-test"""
_GROUP = "Copies of the data"


def register(socle: App) -> None:
    """Add ``socle backup`` and ``socle restore``."""
    app.group = (_GROUP,)
    socle.command(app)
    socle.command(restore, group=_GROUP)


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
    from roles.backup.status_screen import grow  # noqa: PLC0415
    from socle.baseline import load  # noqa: PLC0415

    loaded = load(practice, identified=True)
    hosts = with_copies(chosen(loaded, limit or ()))
    names = [host.name for host in hosts]
    with connected(loaded) as connections:
        said = _answers(connections, hosts)
        answers = dict(said) if json else grow(said, names, SCREEN)
    if json:
        data({name: answers[name] for name in names})
    return 4 if any("error" in answer for answer in answers.values()) else 0


def _answers(connections: Any, hosts: Sequence[Host]) -> Iterator[tuple[str, Any]]:
    """Each machine's name and answer, or why there is none, as they come."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = {pool.submit(_answer, connections, host): host.name for host in hosts}
        for done in as_completed(asked):
            yield asked[done], done.result()


def _answer(connections: Any, host: Host) -> Any:
    from roles.backup.answers import status as asked  # noqa: PLC0415
    from roles.backup.status_screen import expected, table  # noqa: PLC0415
    from socle.verify.backend import testinfra_host  # noqa: PLC0415
    from socle.verify.checks import Unknown  # noqa: PLC0415

    strange = {"error": "socle-backup status: not the expected answer"}
    try:
        answer = asked(testinfra_host(connections.link(host.name)))
        if not expected(answer, host):
            return strange
        table({host.name: answer})
    except Unknown as trouble:
        return {"error": str(trouble)}
    except Exception:  # whatever it answers instead: the others' answers are shown
        return strange
    return answer


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

    from roles.backup.recovery_sheet import lines, pdf  # noqa: PLC0415
    from socle.baseline import load  # noqa: PLC0415

    loaded = load(practice, identified=True)
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
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        place.unlink()
        raise Refused(f"{place}: {error.strerror}") from None
