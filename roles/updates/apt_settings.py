"""Apt's settings that decide whether updates are fetched, taken and installed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from roles.updates.facts import FILES, Facts, codename
from roles.updates.repositories import with_codename
from socle.machine import apt
from socle.machine.apt import Config
from socle.messages import Message, message
from socle.render import render

ROOM = "Unattended-Upgrade"
ORIGINS = ("Origins-Pattern::", "Allowed-Origins::")
OWN_FILE = FILES.parent / "templates/etc/apt/apt.conf.d/99socle-updates.j2"
HARMLESS = {
    "mail", "mailreport", "mailonlyonerror", "sender", "verbose", "debug", "syslogenable",
    "syslogfacility", "keep-debs-after-install", "remove-unused-dependencies",
    "automatic-reboot-time", "allow-apt-mark-fallback", "minimalsteps", "onlyonacpower",
    "skip-updates-on-metered-connections", "remove-unused-kernel-packages",
    "remove-new-unused-dependencies",
}  # fmt: skip
"""Settings that keep no update away; all others do, or may (an allow-list)."""
TOOLS = ("/usr/bin/", "/usr/lib/", "/bin/")
CANNOT_FAIL = re.compile(r"(\|\||;)\s*(true|:|exit 0)\s*;?\s*$")
_UPDATE = "APT::Update::"


def strange_settings(found: Facts, settings: Mapping[str, Any]) -> list[Message]:
    """Settings of unattended-upgrades that are not Socle's and that may keep updates away.

    The origins are judged by themselves.
    """
    wanted: dict[str, list[str]] = {}
    for key, value in apt.written(render(OWN_FILE, settings)).below(ROOM):
        wanted.setdefault(key.lower(), []).append(value)
    seen: dict[str, list[str]] = {}
    for key, value in _config(found).below(ROOM):
        seen.setdefault(key.lower(), []).append(value)
    names = {key.lower() for key in ORIGINS}
    bad = []
    for key, values in seen.items():
        if key in names | HARMLESS or sorted(values) == sorted(wanted.get(key, [])):
            continue
        bad.append(message("{key} = {values}", key=f"{ROOM}::{key}", values=values))
    return bad


def origins(found: Facts) -> set[str]:
    """Where updates come from: the Origins-Patterns in force, with the release's name."""
    config, name = _config(found), codename(found)
    patterns = config.values(f"{ROOM}::Origins-Pattern")
    return {with_codename(one, name) for one in patterns} | set(
        config.values(f"{ROOM}::Allowed-Origins")
    )


def values(found: Facts, key: str) -> list[str]:
    """The values of a key, or of a list. Case does not matter to apt."""
    return _config(found).values(key)


def untried_hooks(found: Facts) -> list[Message]:
    """Commands of no package that apt runs, and after whose writing nothing has worked yet.

    One that fails ends every fetch, or every installation. What has happened since it was written
    is the proof that it does not; to run it is not for a check.
    """
    bad = []
    for hook in found["apt"]["hooks"]:
        fetches = hook["key"].lower().startswith(_UPDATE.lower())
        worked = found["fetched"] if fetches else found["last_install"]
        if CANNOT_FAIL.search(hook["command"]):
            continue
        if hook["written"] is None or worked is None or worked <= hook["written"]:
            bad.append(message("{key} {command}", key=hook["key"], command=hook["command"]))
    return bad


def looks_elsewhere(found: Facts) -> list[str]:
    """Settings that lead apt to other tools, or one of its programs alone to other files."""
    binary = [line for line in found["apt"]["config"] if line.lower().startswith("binary::")]
    bad = [line for line in binary if line.lower().split("::")[2:3] == ["dir"]]
    tools = _config(found).below("Dir::Bin")
    bad += [f"Dir::Bin::{key} {path}" for key, path in tools
            if path.startswith("/") and not path.startswith(TOOLS)]  # fmt: skip
    return bad + [f"APT::Key::gpgvcommand {one}" for one in values(found, "APT::Key::gpgvcommand")]


def replaced_programs(found: Facts) -> list[str]:
    """Programs of apt that are not, or not as, the distribution's package brought them."""
    elsewhere = [path for name, path in found["found_at"].items()
                 if path and path not in {f"/usr/bin/{name}", f"/bin/{name}"}]  # fmt: skip
    changed = [path for path in found["keys"]["changed"]
               if Path(path).suffix not in {".md", ".gz"}
               and path.startswith(("/usr/bin/", "/usr/lib/", "/lib/"))]  # fmt: skip
    return sorted({*elsewhere, *changed})


def _config(found: Mapping[str, Any]) -> Config:
    return apt.config(found["apt"])


def restarts_services(found: Facts) -> bool:
    """Whether services whose libraries are replaced restart by themselves (needrestart)."""
    hooks: Sequence[str] = values(found, "DPkg::Post-Invoke")
    one = found["restarter"]
    return bool(one["program"]) and one["restart"] == "a" and any("needrestart" in h for h in hooks)
