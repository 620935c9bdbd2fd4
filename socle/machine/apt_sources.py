"""Where a machine's software comes from: its sources, read as apt reads them (sources.list(5))."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NAMES = ("origin", "label", "suite", "codename")
_ONE_LINE = re.compile(
    r"deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<uri>[^\s\[]*(?:\[[^]]*\]\S*)?)\s+(?P<suite>\S+)"
)
_OPTION = re.compile(r'([\w-]+)[+-]?=("[^"]*"|\S*)')
_BLOCK = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\s*?\n(?:[^\n]*:[^\n]*\n)*\s*\n?"
    r"([A-Za-z0-9+/=\s]+?)-----END"
)
_OLD_FORMAT_LENGTHS = 3
PRIMARY_KEY = 6
"""The packet of a primary key (RFC 4880, 4.3)."""


@dataclass(frozen=True)
class Source:
    """A place that packages come from; ``release``: what it says of itself, None: not fetched."""

    file: str
    uri: str
    suite: str
    options: Mapping[str, str]
    release: Mapping[str, str] | None

    def __str__(self) -> str:
        """Where it is, and where it stands."""
        return f"{self.uri} {self.suite} ({self.file})"

    @property
    def keys(self) -> list[str]:
        """The keys that may sign it: paths, and fingerprints in capitals; none: any key."""
        said = self.options.get("signed-by", "")
        if "-----BEGIN" in said:
            return fingerprints(said) or ["a key that cannot be read"]
        words = [word for word in re.split(r"[,\s]+", said) if word]
        return [w if w.startswith("/") else w.removesuffix("!").upper() for w in words]


def sources(asked: Mapping[str, Any]) -> tuple[list[Source], list[str]]:
    """The sources of an answer of `apt_ask`, and the lines that say nothing apt could read."""
    known: dict[tuple[str, str], dict[str, str]] = {}
    for line in str(asked["targets"]).splitlines():
        uri, release, *words = [*line.split("|"), ""][: 2 + len(NAMES)]
        told = [word if not word.startswith("$(") else "" for word in words]
        known[uri, release] = dict(zip(NAMES, told, strict=False))
    found, unread = [], []
    for file, text in asked["sources"].items():
        read = stanzas(text) if file.endswith(".sources") else one_liners(text)
        for options, uris, suites in read:
            if not uris or not suites:
                unread.append(f"{file}: {options.get('line', 'an entry without address or suite')}")
            for uri, suite in ((uri, suite) for uri in uris for suite in suites):
                names = as_apt(uri, suite, str(asked["architecture"]))
                found.append(Source(file, uri, suite, options, known.get(names)))
    return found, unread


def as_apt(uri: str, suite: str, architecture: str) -> tuple[str, str]:
    """An address and a suite as `apt-get indextargets` writes them (measured, apt 2.6 and 3.0)."""
    uri = uri.replace("$(ARCH)", architecture)
    suite = suite.replace("$(ARCH)", architecture)
    uri = re.sub(r"^([a-z][a-z0-9+.-]*:)//(?=/)", r"\1", uri)
    return uri if uri.endswith("/") else f"{uri}/", "" if suite == "/" else suite


Entry = tuple[dict[str, str], list[str], list[str]]
"""Options, addresses and suites; without addresses: an entry that cannot be read."""


def one_liners(text: str) -> Iterator[Entry]:
    """The entries of a sources.list."""
    for line in text.split("\n"):
        words = line.partition("#")[0].strip()
        if not words or words.split()[0] == "deb-src":
            continue
        match = _ONE_LINE.match(words)
        if match:
            pairs = _OPTION.findall(match["options"] or "")
            options = {key.lower(): value.strip('"') for key, value in pairs}
            yield options, [match["uri"]], [match["suite"]]
        else:
            yield {"line": line.strip()}, [], []


def stanzas(text: str) -> Iterator[Entry]:
    """The entries of a .sources file (deb822) that are switched on."""
    plain = "\n".join(line for line in text.split("\n") if not line.startswith("#"))
    for stanza in re.split(r"\n[ \t]*\n", plain):
        one: dict[str, str] = {}
        key = ""
        for line in stanza.split("\n"):
            if line[:1] in {" ", "\t"} and key:
                one[key] += "\n" + line.strip()
            elif ":" in line:
                key, _, value = line.partition(":")
                key = key.strip().lower()
                one[key] = value.strip()
        on = one.get("enabled", "yes").strip().lower() not in {"no", "false", "without", "off",
                                                                "disable", "0"}  # fmt: skip
        if on and "deb" in one.get("types", "").split():
            yield one, one.get("uris", "").split(), one.get("suites", "").split()


def fingerprints(armored: str) -> list[str]:
    """Fingerprints of the primary keys (version 4) of armored blocks; what is none is left out."""
    found = []
    plain = re.sub(r"^[ \t]*\.?[ \t]*$", "", armored, flags=re.MULTILINE)
    for block in _BLOCK.findall(plain + "\n"):
        lines = [line.strip() for line in block.splitlines()]
        body = "".join(line for line in lines if not line.startswith("="))
        try:
            data = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            continue
        found += [_fingerprint(packet) for tag, packet in _packets(data)
                  if tag == PRIMARY_KEY and packet[:1] == b"\x04"]  # fmt: skip
    return found


def _fingerprint(packet: bytes) -> str:
    head = b"\x99" + len(packet).to_bytes(4, "big")[-2:]
    return hashlib.sha1(head + packet, usedforsecurity=False).hexdigest().upper()


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The packets of a message (RFC 4880, 4.2), as far as they are whole."""
    while len(data) > 1 and data[0] & 0x80:
        if data[0] & 0x40:
            tag, sizes = data[0] & 0x3F, 1 if data[1] < 192 else 2 if data[1] < 224 else 5  # noqa: PLR2004
            length = (
                data[1] if sizes == 1
                else ((data[1] - 192) << 8) + data[2] + 192 if sizes == 2 and len(data) > 2  # noqa: PLR2004
                else int.from_bytes(data[2:6], "big")
            )  # fmt: skip
        else:
            tag, kind = data[0] >> 2 & 0x0F, data[0] & 0x03
            if kind == _OLD_FORMAT_LENGTHS:
                return
            sizes = 1 << kind
            length = int.from_bytes(data[1 : 1 + sizes], "big")
        start, end = 1 + sizes, 1 + sizes + length
        if end > len(data):
            return
        yield tag, data[start:end]
        data = data[end:]
