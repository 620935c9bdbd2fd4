"""``socle watch``: machines that verify themselves, from the operator's side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from socle.commands.console import say
from socle.commands.machines import Refused, Repeated, chosen, connected

if TYPE_CHECKING:
    from socle.verify.links import Link

app = App(name="watch", help="Machines that verify themselves, and sign what they find.")


@app.command
def keys(practice: Path, *, limit: Repeated = None) -> int:
    """Let the machines sign evidence: their public keys, read from them, into allowed_signers.

    A machine makes its key when it first looks at itself. Commit
    inventories/PRACTICE/allowed_signers.
    Exit code: 0 every machine that watches itself may sign, 1 one gave no key, 2 the practice's
    files are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    limit
        Only this host or group (may be given again; * and ? match).
    """
    from socle.baseline import evidence, load  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.baseline.watching import watch_of  # noqa: PLC0415
    from socle.evidence.principals import of_machine  # noqa: PLC0415

    loaded = load(practice, identified=True)
    hosts = [h for h in chosen(loaded, limit or ()) if watch_of(loaded.rooms, h.settings)]
    if not hosts:
        raise Refused(f"{loaded.name}: no machine verifies itself: set alerting_enabled")
    settings = evidence.read(loaded.folder)
    signers = settings.signers
    with connected(loaded) as connections:
        connections.open([host.name for host in hosts])
        good = [
            _allow(
                connections.link(host.name), of_machine(settings.practice_id, host.name), signers
            )
            for host in hosts
        ]
    return 0 if all(good) else 1


def _allow(link: Link, principal: str, signers: Path) -> bool:
    """Let one machine sign; whether it can from now on."""
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.evidence.keys import allow  # noqa: PLC0415
    from socle.verify.checks import Unknown  # noqa: PLC0415
    from socle.watch.hostkeys import DROPPING, SIGNING  # noqa: PLC0415

    name = link.target.name
    try:
        public, dropping = _public(link, SIGNING), _public(link, DROPPING)
    except Unknown as trouble:
        say(f"{name}: {trouble}")
        return False
    if len(public) < 2 or public[0] != "ssh-ed25519":  # noqa: PLR2004 - kind and key
        say(f"{name}: no key yet. There: systemctl start socle-watch.service")
        return False
    before = signers.read_text(encoding="utf-8") if signers.exists() else ""
    try:
        fresh = allow(signers, principal, " ".join(public[:2]))
    except SocleError as refused:
        say(f"{name}: {refused}")
        return False
    if not fresh:
        say(f"{name}: may sign already")
    else:
        say(f"{name}: {principal} may sign evidence, by {signers}. Commit this file.")
        if any(line.startswith(f"{principal} ") for line in before.splitlines()):
            say(f"{name}: it had another key before: remove that line if the machine is new")
    if len(dropping) >= 2:  # noqa: PLR2004
        say(f"{name}: the key that drops bundles, for the account there: {' '.join(dropping[:2])}")
    return True


def _public(link: Link, name: str) -> list[str]:
    """The words of a public key there; none where the machine has made no such key yet."""
    from socle.watch.report import STATE  # noqa: PLC0415

    return link.run(f"cat {STATE}/{name}.pub 2>/dev/null").stdout.decode(errors="replace").split()
