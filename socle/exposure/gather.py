"""What a machine knows of an incident, read only, without patients' data and secrets.

Logs of imaging programs name patients: they are counted on the machine, and only addresses and
numbers leave it.
"""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from socle.evidence.redaction import MASK, Redactor
from socle.exposure import orthanc
from socle.verify.checks import Unknown
from socle.verify.links import Link

LINES = 20_000  # of each journal, the last ones
PATIENCE = 120.0  # seconds for each question
_LONGEST = 4096  # characters of a path: Linux's PATH_MAX
_JOURNAL = f"journalctl --no-pager --quiet --output=short-iso-precise --lines={LINES}"
SOURCES = {
    "system.txt": "date --iso-8601=ns; uname -a; uptime; cat /etc/os-release",
    "time.txt": "timedatectl show; timedatectl timesync-status; chronyc -n tracking; :",
    "addresses.txt": "ip address; ip route; ip -6 route; ip neighbour",
    "listening.txt": "ss -tulpn",
    "connections.txt": "ss -tuanp",
    "conntrack.txt": "conntrack -L || cat /proc/net/nf_conntrack",
    "rules.nft.txt": "nft list ruleset",
    "sshd.txt": "sshd -T",
    "journal-ssh.txt": _JOURNAL + " --since={since} --unit=ssh.service --unit='ssh@*.service'",
    "journal-firewall.txt": _JOURNAL + " --since={since} _TRANSPORT=kernel --grep='socle-.*-drop'",
    "journal-orthanc-unit.txt": _JOURNAL + " --since={since} _PID=1 UNIT=orthanc.service",
    "boots.txt": "journalctl --no-pager --list-boots",
    "packages.txt": "dpkg-query --show",
    "logins.txt": "last -Fiw || wtmpdb last; loginctl --no-pager list-sessions",
    "files.txt": "find /etc/nftables.conf /etc/socle /etc/ssh /etc/orthanc /etc/systemd/system "
    "-type f -printf '%TY-%Tm-%TdT%TTZ %m %u:%g %s %p\\n'",
}
"""File -> the question, which changes nothing there."""
_CONFIGURATION = (
    "for file in /etc/orthanc/*.json; do "
    '[ -f "$file" ] && { printf "%s\\0" "$file"; cat -- "$file"; printf "\\0"; }; done; :'
)
# Nothing of a line leaves the machine but what has the form of an address.
_ADDRESSES = (
    "{{ journalctl --quiet --no-pager --output=cat --since={since} --unit=orthanc.service; "
    "find /var/log/orthanc -type f -newermt {since} -exec zcat -f {{}} +; }} 2>/dev/null | "
    r"grep -aoP '(?<![\w.:])(?:(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?!\w|\.\d)|"
    r"(?:[0-9a-f]{{0,4}}:){{2,7}}[0-9a-f]{{1,4}}(?![\w:]))' | sort | uniq -c"
)
_STORED = "find {folder} -xdev -type f -printf x 2>/dev/null | wc -c"
# Whoever mistypes may type a password where a name is asked for.
_TYPED = re.compile(
    r"((?:invalid|illegal) user )(?:.*(?=(?: from)? [0-9a-f.:]+ port \d)|.*)", re.IGNORECASE
)


@dataclass
class Machine:
    """What one machine gave. ``trouble``: why it could not be asked."""

    name: str
    files: dict[str, str] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    """A question each: file, command, moment, seconds, exit code or trouble."""
    trouble: str = ""
    imaging: dict[str, int] = field(default_factory=dict)
    """Address that an imaging program's logs name -> lines."""
    stored: int | None = None
    """Files in the imaging program's storage; None where there is none, or nobody can tell."""

    @property
    def strangers(self) -> list[str]:
        """Addresses of the Internet among those that the logs name."""
        return [one for one in self.imaging if ip_address(one).is_global]


def gather(link: Link, since: datetime, masks: Redactor) -> Machine:
    """Ask one machine. What it cannot answer is noted, never an error: it is not the others'."""
    machine = Machine(link.target.name)
    try:
        link.open()
        _questions(link, machine, shlex.quote(f"@{int(since.timestamp())}"))
    except Unknown as trouble:
        machine.trouble = masks.text(str(trouble))
    except Exception as error:  # what came until then is evidence, and stays
        machine.trouble = f"one of its answers is strange: {type(error).__name__}"
    machine.files = {name: masks.text(text) for name, text in machine.files.items()}
    return machine


def _questions(link: Link, machine: Machine, since: str) -> None:
    for file, command in SOURCES.items():
        said = _ask(link, machine, file, command.format(since=since))
        if said is not None:
            machine.files[file] = untyped(said)
    _imaging(link, machine, since)


def _imaging(link: Link, machine: Machine, since: str) -> None:
    """The imaging program: its settings without secrets, who talked to it, how much it holds."""
    name = "orthanc-configuration.json"
    found = dict(_configurations(_ask(link, machine, name, _CONFIGURATION) or ""))
    if not found:
        return
    machine.files[name] = _json(found)
    said = _ask(link, machine, "imaging-addresses.json", _ADDRESSES.format(since=since))
    machine.imaging = addresses(said or "")
    machine.files["imaging-addresses.json"] = _json(machine.imaging)
    name, folder = "imaging-stored.json", orthanc.STORAGE
    for one in found.values():
        folder = str((one or {}).get("StorageDirectory", folder))
    if not _is_plain(folder):
        trouble = "StorageDirectory is no plain absolute path: nothing is counted"
        machine.notes.append({"file": name, "trouble": trouble})
        return
    said = (_ask(link, machine, name, _STORED.format(folder=shlex.quote(folder))) or "").strip()
    machine.stored = int(said) if re.fullmatch(r"[0-9]{1,15}", said) else None
    machine.files[name] = _json({"folder": folder, "files": machine.stored})


def _is_plain(path: str) -> bool:
    """Whether it may stand in a command: no option, no NUL, no lone surrogate."""
    return path.startswith("/") and len(path) < _LONGEST and path.isprintable()


def untyped(log: str) -> str:
    """A log of ssh without the names that no account has."""
    return _TYPED.sub(rf"\g<1>{MASK}", log)


def addresses(counted: str) -> dict[str, int]:
    """Address -> lines, from what ``uniq -c`` prints; what is no such line is dropped."""
    found: dict[str, int] = {}
    for line in counted.splitlines():
        number, _, word = line.strip().partition(" ")
        try:
            address, lines = str(ip_address(word.strip())), int(number)
        except ValueError:
            continue
        found[address] = found.get(address, 0) + lines
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _configurations(said: str) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Path -> settings without secrets, None where the file cannot be read as such."""
    words = said.split("\0")
    for path, text in zip(words[::2], words[1::2], strict=False):
        settings = orthanc.configuration(text)
        yield path, None if settings is None else orthanc.masked(settings)


def _ask(link: Link, machine: Machine, file: str, command: str) -> str | None:
    """The answer, and a note of it; None where there is none."""
    note: dict[str, Any] = {"file": file, "command": command}
    note["moment"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    machine.notes.append(note)
    began = time.monotonic()
    try:
        answer = link.run(command, PATIENCE)
    except Unknown as trouble:
        note["trouble"] = f"no answer: {type(trouble).__name__}"
        return None
    note["seconds"] = round(time.monotonic() - began, 3)
    note["code"] = answer.code
    said = answer.stdout.decode(errors="replace")
    if said.count("\n") >= LINES and file.startswith("journal"):
        note["cut"] = f"only the last {LINES} lines"
    return said


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
