"""A bundle as a file: gzip around one JSON document, the same bytes for the same content.

The document is ``{"format": "socle-evidence", "schema": 2, …}`` with the fields of
`socle.evidence.model.Bundle`: ``zcat FILE | python3 -m json.tool`` shows it, without Socle.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from datetime import UTC
from pathlib import Path

from pydantic import ValidationError

from socle.errors import SocleError
from socle.evidence import files, schema1
from socle.evidence.model import Bundle
from socle.harmless import line

FORMAT = "socle-evidence"
SCHEMA = 2
SUFFIX = ".bundle"
# A small file must not fill the memory: bytes of JSON, and values in it (ours have some thousand).
LARGEST, MOST = 64 << 20, 50_000
_GZIP = b"\x1f\x8b"
_HEAD = re.compile(rb'\s*\{\s*"format"\s*:\s*"socle-evidence"\s*,\s*"schema"\s*:\s*(\d{1,9})\s*,')
_STRING = re.compile(rb'"[^"]*"?')
_LONG_KEY = re.compile(rb'"[^"]{1000,}"\s*:')  # an error repeats it for every value
_SMALL = 4 << 20  # bytes that cannot do harm, but by the number of their values


def pack(bundle: Bundle) -> bytes:
    """The file's content."""
    document = {"format": FORMAT, "schema": SCHEMA, **bundle.model_dump(mode="json")}
    # Keys keep their order: checks write settings into their questions as they are.
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return gzip.compress(text.encode("ascii"), mtime=0)


def unpack(content: bytes, name: str, largest: int = LARGEST) -> Bundle:
    """The bundle in a file's content; ``name``: what it is called in an error.

    ``largest``: bytes of JSON.

    Raises SocleError: not a bundle, cut off, of a newer Socle, or not as it should be.
    """
    if not content.startswith(_GZIP):
        raise _refused(name, "it is not one of Socle's bundles")
    try:
        text = _inflate(content, name, largest)
    except zlib.error:
        raise _refused(name, "it is damaged: get it again from where it came") from None
    head = _HEAD.match(text)  # `pack` writes it first
    if head is None or not (schema := int(head[1])):
        raise _refused(name, "it is not one of Socle's bundles")
    if schema > SCHEMA:
        raise _refused(name, f"its schema is {schema}, this Socle reads {SCHEMA}: use a newer one")
    _bounded(text, name)
    text = b"".join((b"{", memoryview(text)[head.end() :]))
    try:
        if schema == 1:
            return schema1.bundle(text)
        return Bundle.model_validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise _refused(name, "it is not one of Socle's bundles") from None
        where = line(".".join(str(part)[:100] for part in first["loc"]))
        raise _refused(name, f"{where}: {first['msg']}") from None


def read(path: Path) -> Bundle:
    """The bundle in a file. Raises SocleError as `unpack` does, or when it cannot be read."""
    try:
        content = files.read(path, LARGEST)
    except OSError as error:
        raise _refused(str(path), str(error.strerror)) from None
    return unpack(content, str(path))


def write(bundle: Bundle, folder: Path) -> Path:
    """Write ``HOST-TIME.bundle`` in one step, for its owner's eyes only; its path.

    Raises SocleError where it cannot be written.
    """
    moment = bundle.collected.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = folder / f"{bundle.host.name}-{moment}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.replace(path, pack(bundle))
    except OSError as error:
        raise SocleError(f"{path}: the bundle cannot be written: {error.strerror}") from None
    return path


def digest(path: Path) -> str:
    """SHA-256 of the file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _inflate(content: bytes, name: str, largest: int) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    text = stream.decompress(content, largest)
    if stream.unconsumed_tail:
        raise _refused(name, f"it holds more than {largest >> 20} MiB")
    if not stream.eof:
        raise _refused(name, "it ends too early: get it again from where it came")
    if stream.unused_data:
        raise _refused(name, "something was added to it")
    return text


def _bounded(text: bytes, name: str) -> None:
    """Raises SocleError: reading it takes more memory than a bundle's. Strings' content is free."""
    if len(text) <= _SMALL and _values(text) <= MOST:
        return
    bare = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    if bare.count(b'"') > 4 * MOST or _values(_STRING.sub(b"", bare)) > MOST:
        raise _refused(name, f"it holds more than {MOST} values")
    if _LONG_KEY.search(bare):
        raise _refused(name, "a name in it is longer than any of Socle's")


def _values(text: bytes) -> int:
    return sum(map(text.count, (b"{", b"[", b",")))


def _refused(name: str, reason: str) -> SocleError:
    return SocleError(f"{name}: expected a bundle of evidence: {reason}")
