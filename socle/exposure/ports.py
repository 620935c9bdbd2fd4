"""The TCP ports that matter from outside: one list for the look and for its judgement."""

from __future__ import annotations

import re
from collections.abc import Iterable

PURPOSES = {
    21: "FTP",
    22: "SSH",
    23: "Telnet",
    80: "web",
    104: "DICOM",
    443: "web",
    445: "SMB",
    1194: "VPN",
    1723: "VPN",
    2575: "HL7",
    2761: "DICOM",
    2762: "DICOM TLS",
    3389: "RDP",
    4242: "DICOM (Orthanc)",
    5000: "UPnP, NAS",
    5001: "NAS",
    5357: "WSD",
    5431: "UPnP",
    5900: "VNC",
    5901: "VNC",
    8042: "Orthanc",
    8080: "web",
    8443: "web",
    9990: "WildFly",
    11112: "DICOM",
    12575: "HL7",
    49152: "UPnP",
}
"""Port -> what usually listens there."""

IMAGING = frozenset({104, 2575, 2761, 2762, 4242, 8042, 11112, 12575})
"""Where images or messages about patients travel."""

EVERY = range(1, 65536)
_WORD = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def parse(words: str) -> list[int]:
    """The ports in ``22,80,8000-8100``, sorted. Raises ValueError with the word that is none."""
    return [port for first, last in _runs(words) for port in range(first, last + 1)]


def normal(words: str) -> str:
    """The same as `ranges` writes it, however often a port is named. Raises like `parse`."""
    return _text(_runs(words))


def _runs(words: str) -> list[list[int]]:
    """The first and the last port of each run. A port that is named again costs nothing."""
    spans = set()
    for word in words.replace(" ", "").split(","):
        match = _WORD.fullmatch(word)
        first = int(match[1]) if match else 0
        last = int(match[2] or match[1]) if match else 0
        if not (1 <= first <= last <= EVERY[-1]):
            raise ValueError(word)
        spans.add((first, last))
    return _joined(spans)


def ranges(ports: Iterable[int]) -> str:
    """The same as text, as short as can be."""
    return _text(_joined((port, port) for port in ports))


def _joined(spans: Iterable[tuple[int, int]]) -> list[list[int]]:
    runs: list[list[int]] = []
    for first, last in sorted(spans):
        if runs and first <= runs[-1][1] + 1:
            runs[-1][1] = max(runs[-1][1], last)
        else:
            runs.append([first, last])
    return runs


def _text(runs: list[list[int]]) -> str:
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def purpose(port: int) -> str:
    """``DICOM (Orthanc)``; empty where nothing usual listens."""
    return PURPOSES.get(port, "")
