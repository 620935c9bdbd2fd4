"""A bundle as a file: gzip around one JSON document, the same bytes for the same content.

The document is ``{"format": "socle-evidence", "schema": 1, …}`` with the fields of
`socle.evidence.model.Bundle`: ``zcat FILE | python3 -m json.tool`` shows it, without Socle.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from datetime import UTC
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from socle.errors import SocleError
from socle.evidence.model import Bundle

FORMAT = "socle-evidence"
SCHEMA = 1
SUFFIX = ".bundle"
LARGEST = 256 << 20  # bytes of JSON: a small file must not fill the memory
_GZIP = b"\x1f\x8b"


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
        document: Any = json.loads(text)
    except zlib.error:
        raise _refused(name, "it is damaged: get it again from where it came") from None
    except ValueError:
        raise _refused(name, "it is not one of Socle's bundles") from None
    if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
        raise _refused(name, "it is not one of Socle's bundles")
    schema = document.pop("schema", None)
    if not isinstance(schema, int) or schema < 1:
        raise _refused(name, "it is not one of Socle's bundles")
    if schema > SCHEMA:
        raise _refused(name, f"its schema is {schema}, this Socle reads {SCHEMA}: use a newer one")
    try:
        return Bundle.model_validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _refused(name, f"{where}: {first['msg']}") from None


def read(path: Path) -> Bundle:
    """The bundle in a file. Raises SocleError as `unpack` does, or when it cannot be read."""
    try:
        content = path.read_bytes()
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
        handle, half = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")  # 0600
        with os.fdopen(handle, "wb") as file:
            file.write(pack(bundle))
            file.flush()
            os.fsync(file.fileno())
        Path(half).replace(path)
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


def _refused(name: str, reason: str) -> SocleError:
    return SocleError(f"{name}: expected a bundle of evidence: {reason}")
