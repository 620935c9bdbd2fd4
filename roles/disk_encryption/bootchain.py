"""What starts a machine, and what a person at its keyboard could change. Pure but for `ask`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from socle.machine import programs
from socle.machine.sections import split

PROGRAM = programs.shell(Path(__file__).parent / "files/bootchain.sh")
SECONDS = 120  # a virtual machine without KVM takes its time
_TAMPERED = re.compile(
    r"(?:init=(?!/sbin/init$|/lib/systemd/systemd$|/usr/lib/systemd/systemd$).*|rdinit=.*"
    r"|rd\.break.*|break(?:=.*)?|single|S|1|emergency|rescue"
    r"|systemd\.unit=(?:rescue|emergency).*|systemd\.debug[-_]shell.*)"
)
# Nothing is read twice: a line ends at its newline, a title at its first quote.
_ENTRY = re.compile(r"\s*(menuentry|submenu)\s+(['\"])(?>(.*?)\2)(.*)\{\s*$")
_KERNEL = re.compile(r"\s*linux(?:16|efi)?\s+\S+\s*(.*)")
_SUPERUSERS = re.compile(r"^[^\S\n]*+set superusers=(.+)$", re.MULTILINE)
_HASHED = re.compile(r"^[^\S\n]*+password_pbkdf2\s+(\S+)\s+grub\.pbkdf2\.", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A line of GRUB's menu. ``free``: whether anybody may start it without the password."""

    title: str
    free: bool
    arguments: str


@dataclass(frozen=True)
class BootChain:
    """What one machine printed."""

    sections: Mapping[str, str]

    @property
    def firmware(self) -> str:
        """``uefi`` or ``bios``."""
        return self.sections["firmware"]

    @property
    def secure_boot(self) -> bool:
        """Whether firmware and shim refuse what nobody signed."""
        return self.sections["secure-boot"] == "1" and self.sections["shim-off"] != "1"

    @property
    def has_grub(self) -> bool:
        """Whether there is a menu of GRUB's on this machine."""
        return any(line.startswith("grub ") for line in self._lines("loader"))

    @property
    def has_systemd_boot(self) -> bool:
        """Whether systemd-boot stands on the EFI partition."""
        return any(line.startswith("systemd-boot ") for line in self._lines("loader"))

    @property
    def editor_locked(self) -> bool:
        """Whether systemd-boot refuses changes of the kernel's command line."""
        return self.sections["editor"].split()[-1:] in (["no"], ["0"], ["off"], ["false"])

    @property
    def open_files(self) -> list[str]:
        """Files of the boot loader that any account may read."""
        return self._lines("open")

    @property
    def foreign_files(self) -> list[str]:
        """Files below /boot that somebody other than root may change."""
        return self._lines("writable")

    def tampered_now(self) -> list[str]:
        """Words of the running kernel's command line that go round the login."""
        return tampered(self.sections["cmdline"])

    def password_owners(self) -> list[str]:
        """Accounts of GRUB that may edit, each with a hashed password; empty: anybody may."""
        found = _SUPERUSERS.findall(self._grub)
        names = re.split(r"[ ,;&|]+", _unquoted(found[-1].rstrip())) if found else []
        hashed = _HASHED.findall(self._grub)
        return names if names and all(name in hashed for name in names) else []

    @cached_property
    def entries(self) -> list[Entry]:
        """Entries of GRUB's menu that start Linux; a locked submenu locks what is in it."""
        found: list[Entry] = []
        depth: list[tuple[str, bool]] = []
        for line in self._grub.splitlines():
            opened = _ENTRY.fullmatch(line)
            kernel = _KERNEL.fullmatch(line)
            if opened:
                depth.append((opened[3], "--unrestricted" in opened[4].split()))
            elif kernel and depth:
                free = all(is_free for _, is_free in depth)
                found.append(Entry(depth[-1][0], free, kernel[1]))
            elif line.strip() == "}" and depth:
                depth.pop()
        return found

    @property
    def _grub(self) -> str:
        return self.sections["grub"]

    def _lines(self, name: str) -> list[str]:
        return [line for line in self.sections[name].splitlines() if line]


def ask(host: Any) -> BootChain:
    """Ask a host once. Raises ValueError where its answer is incomplete."""
    return read(PROGRAM.run(host, timeout=SECONDS).stdout)


def read(text: str) -> BootChain:
    """What ``bootchain.sh`` printed. Raises ValueError where it ends too early."""
    return BootChain(split(text, "the boot chain"))


def tampered(arguments: str) -> list[str]:
    """Kernel arguments that give a shell without a login. What follows ``--`` is init's."""
    return [word for word in arguments.split() if _TAMPERED.fullmatch(word)]


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 2 and word[0] == word[-1] in "'\"" else word  # noqa: PLR2004
