"""Imaging servers as the checks see them: tries sent to the host, and what they met."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socle.machine.programs import python
from socle.machine.sockets import NOBODY, read
from socle.messages import Message, message, verbatim
from socle.verify.checks import Unknown

PROGRAM = "/usr/local/sbin/socle-imaging"
PEM = "/etc/socle/imaging/orthanc.pem"
TRUSTED = "/etc/socle/imaging/trusted.pem"
FILES = Path(__file__).parent / "files"
ASSOCIATE, WEB_TRIES = FILES / "associate.py", FILES / "web_tries.py"
PATIENCE = 120  # seconds; a silent port takes four, and a machine may have several


@dataclass(frozen=True)
class Association:
    """A try to associate; ``tls``: with the server's own certificate, which it trusts."""

    address: str
    port: int
    called: str
    calling: str
    tls: bool

    def __str__(self) -> str:
        """``ECHO1 from 127.0.0.1 to IMAGERIE``."""
        return str(self.words)

    @property
    def words(self) -> Message:
        """The same as a message."""
        return message(
            "{calling} from {address} to {called}",
            calling=self.calling,
            address=self.address,
            called=self.called,
        )


def associations(host: Any, tries: Sequence[Association]) -> dict[Association, str]:
    """What each try met, in the words of ``files/associate.py``."""
    words = [
        word
        for one in tries
        for word in (
            one.address, str(one.port), one.called, one.calling, PEM if one.tls else "-"
        )
    ]  # fmt: skip
    return dict(zip(tries, _sent(host, ASSOCIATE, words, len(tries)), strict=True))


def web(host: Any, tries: Iterable[str]) -> dict[str, str]:
    """What each try met; both in the words of ``files/web_tries.py``."""
    asked = list(dict.fromkeys(tries))
    return dict(zip(asked, _sent(host, WEB_TRIES, asked, len(asked)), strict=True))


def programs(host: Any) -> dict[int, str]:
    """TCP port -> name of the program that listens on it, loopback included."""
    said = host.check_output("ss --no-header --tcp --listening --numeric --processes")
    return {one.port: one.program for one in read(said).sockets if one.program != NOBODY}


def orthanc(host: Any, path: str, body: str | None = None) -> tuple[int, Any]:
    """Status and answer of Orthanc to Socle's own account; text where it is no JSON."""
    words = "" if body is None else " --post %s"
    answer = host.run(f"{PROGRAM} ask %s{words}", path, *([] if body is None else [body]))
    status, _, text = answer.stdout.partition("\n")
    if answer.rc != 0 or not status.isdigit():
        raise Unknown(_last_line(answer.stderr, message("no answer")))
    try:
        return int(status), json.loads(text)
    except ValueError:
        return int(status), text


def _sent(host: Any, script: Path, words: Sequence[str], count: int) -> list[str]:
    """The lines that a script prints on the host, one a try."""
    answer = python(script).run(host, *words, timeout=PATIENCE)
    lines: list[str] = answer.stdout.splitlines()
    if answer.rc != 0 or len(lines) != count:
        said = _last_line(answer.stderr, message("too few answers"))
        raise Unknown(message("{script}: {said}", script=script.name, said=said))
    return lines


def _last_line(said: str, otherwise: Message) -> Message:
    lines = said.strip().splitlines()
    return verbatim(lines[-1]) if lines else otherwise
