"""The start menu as GRUB reads it, and kernel arguments."""

from __future__ import annotations

import pytest
from timing import linear

from roles.disk_encryption.bootchain import BootChain, read, tampered

LOCKED = """
set superusers="socle"
password_pbkdf2 socle grub.pbkdf2.sha512.10000...
menuentry 'Debian GNU/Linux' --unrestricted --class debian --id simple {
	load_video
	if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
	linux	/vmlinuz-6.1 root=/dev/mapper/root ro  quiet
	initrd	/initrd.img-6.1
}
function gfxmode {
	set gfxpayload="${1}"
}
menuentry 'Debian GNU/Linux' --class debian --id simple {
	linux	/vmlinuz-6.1 root=/dev/mapper/root ro  quiet
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-u' {
	menuentry 'Debian GNU/Linux, with Linux 6.1 (recovery mode)' --unrestricted --class debian {
		linux	/vmlinuz-6.1 root=/dev/mapper/root ro single
	}
}
"""


def chain(grub: str = LOCKED, **sections: str) -> BootChain:
    printed = {
        "cmdline": "BOOT_IMAGE=/vmlinuz-6.1 root=/dev/mapper/root ro quiet",
        "firmware": "uefi",
        "secure-boot": "1",
        "shim-off": "",
        "loader": "grub /boot/grub/grub.cfg",
        "editor": "",
        "open": "",
        "writable": "",
        "grub": grub,
    }
    printed |= {name.replace("_", "-"): text for name, text in sections.items()}
    return read("".join(f"== {name}\n{text}\n" for name, text in printed.items()) + "== end\n")


def test_a_locked_menu_whose_first_entry_is_free():
    locked = chain()
    assert locked.password_owners() == ["socle"]
    assert [entry.free for entry in locked.entries] == [True, False, False]
    assert not tampered(locked.entries[0].arguments)
    assert tampered(locked.entries[2].arguments) == ["single"]


@pytest.mark.parametrize(
    "grub",
    [
        LOCKED.replace('set superusers="socle"', ""),
        LOCKED.replace("password_pbkdf2 socle grub.pbkdf2.sha512.10000...", ""),
        LOCKED.replace("password_pbkdf2 socle grub.pbkdf2.sha512.10000...", "password socle 1234"),
        LOCKED.replace('superusers="socle"', 'superusers="socle, other"'),
        "",
    ],
)
def test_a_menu_that_anybody_may_edit(grub):
    assert chain(grub).password_owners() == []


@pytest.mark.parametrize(
    "word",
    ["init=/bin/bash", "rdinit=/bin/sh", "rd.break", "rd.break=pre-mount", "break", "single", "S",
     "1", "systemd.unit=rescue.target", "systemd.debug-shell", "systemd.debug_shell=1"],
)  # fmt: skip
def test_arguments_that_go_round_the_login(word):
    assert tampered(f"root=/dev/vda ro {word} quiet") == [word]


@pytest.mark.parametrize("word", ["init=/sbin/init", "console=ttyS0", "systemd.show_status=1"])
def test_arguments_that_do_not(word):
    assert tampered(f"root=/dev/vda ro {word}") == []


@pytest.mark.parametrize(
    ("sections", "on"),
    [({}, True), ({"secure_boot": "0"}, False), ({"shim_off": "1"}, False)],
)
def test_secure_boot_takes_firmware_and_shim(sections, on):
    assert chain(**sections).secure_boot is on


@pytest.mark.parametrize(("editor", "locked"), [("", False), ("yes", False), ("no", True)])
def test_the_editor_of_systemd_boot(editor, locked):
    assert chain(loader="systemd-boot /efi", editor=editor).editor_locked is locked


def test_an_answer_that_ends_too_early_is_no_answer():
    with pytest.raises(ValueError, match="incomplete"):
        read("== cmdline\n")


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_accounts_in_whichever_quotes(quote):
    grub = LOCKED.replace('"socle"', f"{quote}socle{quote}\t ")
    assert chain(grub).password_owners() == ["socle"]


@pytest.mark.parametrize(
    ("before", "again", "after"),
    [
        ("", "\n ", "x"),
        ("set superusers=a", " ", "x"),
        ("set superusers=", '"', "x"),
        ("password_pbkdf2", " ", "x"),
        ("menuentry '", "'", "x"),
        ("menuentry 'a'", "{ ", "x"),
        ("menuentry 'a'{", " ", "x"),
        ("", "menuentry '", ""),
        ("linux", " ", ""),
    ],
)
def test_a_menu_twice_as_long_takes_twice_as_long(before, again, after):
    def read_menu(size):
        read = chain(before + again * (size // len(again)) + after)
        return read.entries, read.password_owners()

    assert linear(read_menu)
