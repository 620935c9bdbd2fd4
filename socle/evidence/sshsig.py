"""OpenSSH signatures, made and judged by ``ssh-keygen -Y`` (OpenSSH 8.9 or later)."""

from __future__ import annotations

import base64
import binascii
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from socle.errors import SocleError

NAMESPACE = "socle-evidence@1"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_WIDTH = 70  # of OpenSSH's lines


class Bad(Exception):
    """The signature is not one of ours over this message. The text says why."""


class OtherPurpose(Bad):
    """A good signature, but made for something else (git, files, another version)."""


def sign(message: bytes, key: Path) -> bytes:
    """The armoured signature of ``message``.

    ``key``: a private key, or the public half of one that ssh-agent holds. A passphrase is asked
    for by ssh-keygen itself, on the terminal. Raises SocleError when it cannot sign.
    """
    if not key.is_file():
        raise SocleError(f"{key}: expected a key to sign with; make one: socle evidence keygen")
    words = ("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE)
    # Its stderr is the operator's: it asks there to touch a hardware key, and says what is wrong.
    done = subprocess.run(
        words, input=message, stdout=subprocess.PIPE, env=_environment(), check=False
    )
    if done.returncode != 0:
        raise SocleError(f"{key}: ssh-keygen cannot sign with this key; the reason stands above")
    return armour(_blob(done.stdout))


def fingerprint(signature: Path, message: bytes) -> str:
    """The key that made ``signature`` over ``message``: "SHA256:…", trusted or not.

    The caller looked at its form (`check_form`). Raises Bad, or OtherPurpose.
    """
    words = ("check-novalidate", "-n", NAMESPACE, "-s", signature)
    code, said, complained = _keygen(message, *words)
    if code == 0 and (found := re.search(r" key (\S+)\s*$", said)):
        return found[1]
    if "namespace" in complained:
        raise OtherPurpose("the signature was made for another purpose than evidence")
    raise Bad("the manifest or the signature was altered")


def principal(signature: Path, signers: Path, moment: datetime) -> tuple[str | None, str | None]:
    """Whose key made ``signature``, by the file ``signers``, at a moment; and why nobody's.

    The reason is "expired", "not yet valid", or None when the key is not in the file at all.
    """
    options = ("-s", signature, "-f", signers, _at(moment))
    code, said, complained = _keygen(b"", "find-principals", *options)
    if code == 0:
        return said.splitlines()[0], None
    reasons = (reason for reason in ("expired", "not yet valid") if reason in complained)
    return None, next(reasons, None)


def trusted(  # noqa: PLR0917 - what ssh-keygen wants to know
    signature: Path,
    message: bytes,
    signers: Path,
    name: str,
    moment: datetime,
    revoked: Path | None,
) -> str | None:
    """The key of ``name``, who may sign evidence and did; None where not, or ``revoked`` has it."""
    words = ("verify", "-n", NAMESPACE, "-s", signature, "-f", signers, "-I", name, _at(moment))
    code, said, _ = _keygen(message, *words, *(() if revoked is None else ("-r", revoked)))
    found = re.search(r" key (\S+)\s*$", said)
    return found[1] if code == 0 and found else None


def check_form(text: bytes) -> None:
    """Raises Bad unless ``text`` is, byte for byte, what :func:`sign` writes.

    ssh-keygen overlooks text around the armour and a field that is not signed.
    """
    try:
        blob = _blob(text)
        _, _, reserved, _, _ = _fields(blob)
    except ValueError:
        raise Bad("it is not a signature of OpenSSH") from None
    if reserved or armour(blob) != text:
        raise Bad("bytes of the signature file were altered")


def armour(blob: bytes) -> bytes:
    """The signature as text, in the one form that is accepted."""
    text = base64.b64encode(blob).decode()
    lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
    return ("\n".join([_BEGIN, *lines, _END]) + "\n").encode()


def _blob(text: bytes) -> bytes:
    lines = text.decode("ascii").strip().split("\n")
    if lines[0] != _BEGIN or lines[-1] != _END:
        raise ValueError("no armour")
    try:
        return base64.b64decode("".join(lines[1:-1]), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _fields(blob: bytes) -> Iterator[bytes]:
    """Public key, namespace, reserved, hash, signature (OpenSSH's PROTOCOL.sshsig)."""
    magic, rest = blob[:10], blob[10:]
    if magic != b"SSHSIG\0\0\0\x01":
        raise ValueError("no signature")
    while rest:
        size = int.from_bytes(rest[:4])
        if len(rest) < 4 + size:
            raise ValueError("cut off")
        yield rest[4 : 4 + size]
        rest = rest[4 + size :]


def _at(moment: datetime) -> str:
    return f"-Overify-time={moment.astimezone(UTC):%Y%m%d%H%M%S}"


def _environment() -> dict[str, str]:
    """English, and times in UTC: a key's last day ends at the same moment for every reader."""
    return {**os.environ, "LC_ALL": "C", "TZ": "UTC"}


def _keygen(message: bytes, *words: str | Path) -> tuple[int, str, str]:
    done = subprocess.run(
        ["ssh-keygen", "-Y", *words],
        input=message,
        capture_output=True,
        env=_environment(),
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()
