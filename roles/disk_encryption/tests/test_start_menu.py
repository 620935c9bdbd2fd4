"""The room's settings, and the start menu that its script makes."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from roles.disk_encryption.bootchain import read
from socle.baseline.rooms import find
from socle.render import render

ROOT = Path(__file__).parents[3]
HASH = "grub.pbkdf2.sha512.10000." + "0A" * 64 + "." + "1B" * 64
BACKUP = {
    "uuid": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
    "date": date(2026, 11, 22),
    "kept_at": "Coffre du cabinet",
}
ENTRIES = """\
function gfxmode {
	set gfxpayload="${1}"
}
menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-u' {
	load_video
	linux	/vmlinuz-6.1 root=/dev/mapper/root ro  quiet
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-u' {
	menuentry 'Debian GNU/Linux, with Linux 6.1' --class debian --class os {
		linux	/vmlinuz-6.1 root=/dev/mapper/root ro  quiet
	}
	menuentry 'Debian GNU/Linux, with Linux 6.1 (recovery mode)' --class debian --class os {
		linux	/vmlinuz-6.1 root=/dev/mapper/root ro single
	}
}
"""


@pytest.fixture(scope="module")
def room():
    return next(room for room in find(ROOT) if room.name == "disk_encryption")


@pytest.mark.parametrize(
    "settings",
    [
        {"header_backups": [{**BACKUP, "uuid": "/dev/sda3"}]},
        {"header_backups": [{**BACKUP, "kept_at": ""}]},
        {"data_dirs": ["srv/images"]},
        {"data_dirs": ["/srv/mes images"]},
        {"kdfs": []},
        {"kdfs": ["scrypt"]},
        {"key_slots": 0},
        {"grub_password_hash": "motdepasse"},
        {"grub_user": "root; true"},
    ],
)
def test_settings_that_are_refused(room, settings):
    with pytest.raises(ValidationError):
        room.settings(**settings)


def test_settings_that_are_accepted(room):
    made = room.settings(header_backups=[BACKUP], grub_password_hash=HASH, data_dirs=["/srv/x"])
    assert made.header_backups[0].epoch is None


def test_only_the_first_entry_starts_without_the_password(room, tmp_path):
    source = next(t.source for t in room.templates if t.target == "/etc/grub.d/09_socle")
    settings = {"disk_encryption_grub_user": "socle", "disk_encryption_grub_password_hash": HASH}
    theirs = tmp_path / "10_linux"
    theirs.write_text(f"#!/bin/sh\ncat <<'END'\n{ENTRIES}END\n")
    theirs.chmod(0o755)
    script = render(source, settings).replace("/etc/grub.d/10_linux", str(theirs))

    ours = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout

    printed = {"loader": "grub /boot/grub/grub.cfg", "grub": ours + ENTRIES}
    chain = read("".join(f"== {name}\n{text}\n" for name, text in printed.items()) + "== end\n")
    assert chain.password_owners() == ["socle"]
    assert [entry.free for entry in chain.entries] == [True, False, False, False]
    assert ours.count("menuentry ") == 1
