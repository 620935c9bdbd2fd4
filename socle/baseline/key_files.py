"""Files of public keys that stand in a practice, in OpenSSH's formats, judged line by line.

OpenSSH skips a line that it cannot read: a damaged file would be a shorter one, in silence.
"""

from __future__ import annotations

import base64
import re
from binascii import Error
from pathlib import Path

from socle.baseline import text, words
from socle.errors import Problem

_KEY = r"(?P<kind>(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+)[ \t]+(?P<key>[A-Za-z0-9+/=]+)([ \t].*)?"
_OPTIONS = r'([A-Za-z-]+(="[^"]*")?,?)+'
_LINES = {
    "known_hosts": (
        re.compile(rf"(@(cert-authority|revoked)[ \t]+)?(?P<names>[^\s@#]\S*)[ \t]+{_KEY}"),
        'a host key such as "192.168.1.10 ssh-ed25519 AAAA…"',
    ),
    "allowed_signers": (
        re.compile(rf'(?P<names>"[^"]+"|[^\s"]+)[ \t]+({_OPTIONS}[ \t]+)?{_KEY}'),
        'a signer such as "name namespaces="socle" ssh-ed25519 AAAA…"',
    ),
    "revoked_signers": (re.compile(_KEY), 'a public key such as "ssh-ed25519 AAAA…"'),
}
_REVOCATION_LIST = b"SSHKRL\n\0"  # ssh-keygen -k writes it; OpenSSH checks it as a whole
_HASHED = re.compile(r"\|1\|[A-Za-z0-9+/]{27}=\|[A-Za-z0-9+/]{27}=")
_PARTS = {"ssh-ed25519": 2, "ssh-rsa": 3, "ecdsa-": 3, "sk-ssh-": 3, "sk-ecdsa-": 4, "ssh-dss": 5}
"""How many parts a key of each kind has (RFC 4253, 5656, 8709; OpenSSH's PROTOCOL.u2f)."""
_LENGTH = 4  # bytes in front of each part


def problems(folder: Path) -> list[Problem]:
    """What is damaged in the practice's ``known_hosts`` and lists of signers, misnamed ones too."""
    found: list[Problem] = []
    for name in _LINES:
        file = folder / name
        if file.is_file():
            found.extend(_judged(file))
    known = (*_LINES, "known_machines")
    for file in folder.iterdir():
        of_an_editor = file.suffix in {".txt", ".pub"}
        if (file.suffix and not of_an_editor) or file.name.endswith("~"):
            continue
        meant = words.near(file.stem, known, itself=of_an_editor)
        if meant:
            wanted = f"a known file of a practice; did you mean {meant}?"
            found.append(Problem(file, 0, "file name", wanted, file.name))
    return found


def _judged(file: Path) -> list[Problem]:
    content = file.read_bytes()
    if content.startswith(_REVOCATION_LIST):
        return []
    found: list[Problem] = []
    written = text.decoded(content, file, found)
    if content.startswith(b"\xef\xbb\xbf"):
        found.append(Problem(file, 1, "file", "text without a byte order mark"))
    if written is None:
        return found
    form, wanted = _LINES[file.name]
    for number, line in enumerate(written.split("\n"), 1):
        if line.endswith("\r"):
            found.append(Problem(file, number, "line", "an end of line as on Linux", "CR and LF"))
        elif line.strip() and not line.lstrip().startswith("#") and not _good(form, line.strip()):
            found.append(Problem(file, number, "line", wanted, words.shown(line.strip())))
    return found


def _good(form: re.Pattern[str], line: str) -> bool:
    found = form.fullmatch(line)
    if found is None:
        return False
    names = found.groupdict().get("names", "")
    hashed = not names.startswith("|") or _HASHED.fullmatch(names) is not None
    return hashed and _whole(found["kind"], found["key"])


def _whole(kind: str, key: str) -> bool:
    """Whether the key is complete, and of the kind that stands before it."""
    try:
        blob = base64.b64decode(key, validate=True)
    except Error:
        return False
    lengths: list[int] = []
    end = 0
    while end < len(blob):  # parts, each with its length in front; the first is the kind
        lengths.append(int.from_bytes(blob[end : end + _LENGTH]))
        end += _LENGTH + lengths[-1]
    named = blob[_LENGTH:].startswith(kind.encode()) and lengths[0] == len(kind)
    wanted = next((parts for start, parts in _PARTS.items() if kind.startswith(start)), 0)
    return named and end == len(blob) and len(lengths) == wanted
