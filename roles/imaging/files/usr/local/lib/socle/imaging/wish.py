"""What Orthanc has to be told on this machine, by the settings that Socle has brought here."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import Trouble

SINCE = {
    "HttpBindAddresses": (1, 12, 10),
    "DicomTlsMinimumProtocolVersion": (1, 12, 4),
}
"""Keys that an older Orthanc ignores without a word: it does not get them."""


@dataclass(frozen=True)
class Wish:
    """``/etc/socle/imaging.json`` with its secrets."""

    settings: Mapping[str, Any]
    accounts: Mapping[str, str]
    https_port: int
    names: tuple[str, ...]  # of this machine, in its certificate
    certificate: str | None  # a given certificate, and its key
    key: str | None
    trusted: tuple[str, ...]  # certificates of the modalities, PEM
    folders: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path) -> Wish:
        """From the files below ``folder`` (``/etc/socle``). Raises Trouble where they are not."""
        try:
            wish = json.loads((folder / "imaging.json").read_text(encoding="utf-8"))
            secret = json.loads((folder / "imaging-secrets.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Trouble(f"{folder}/imaging*.json: deploy again ({error})") from None
        return cls(
            settings=wish["settings"],
            accounts=secret["accounts"],
            https_port=wish["https_port"],
            names=tuple(wish["names"]),
            certificate=wish["certificate"],
            key=wish["key"],
            trusted=tuple(wish["trusted"]),
            folders=tuple(wish["folders"]),
        )

    def for_orthanc(
        self, version: tuple[int, ...], now: Mapping[str, Any], ours: set[str]
    ) -> dict[str, Any]:
        """The keys that this version knows; modalities that others added are kept.

        ``now``: the merged settings; ``ours``: names of modalities that Socle has written.
        """
        found = {k: v for k, v in self.settings.items() if SINCE.get(k, version) <= version}
        there = now.get("DicomModalities", {})
        kept = {k: v for k, v in there.items() if k not in ours} if isinstance(there, dict) else {}
        found["DicomModalities"] = kept | self.settings["DicomModalities"]
        found["RegisteredUsers"] = dict(self.accounts)
        return found

    def refuse_folders(self, merged: Mapping[str, Any]) -> None:
        """Raise Trouble for a folder of Orthanc's that its confinement would close to it."""
        for key in ("StorageDirectory", "IndexDirectory"):
            folder = str(merged.get(key, "/var/lib/orthanc"))
            inside = any(folder == one or folder.startswith(f"{one}/") for one in self.folders)
            if not inside and not folder.startswith("${"):
                raise Trouble(f"{key} is {folder}: add it to imaging_folders and deploy again")


def version() -> tuple[int, ...]:
    """Of the installed Orthanc."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "orthanc"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", done.stdout)
    if done.returncode != 0 or found is None:
        raise Trouble("the package orthanc is not installed")
    return tuple(map(int, found[1].split(".")))
