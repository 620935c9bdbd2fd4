"""What starts the machine, and what a person at its keyboard could change."""

import pytest

from roles.disk_encryption import bootchain
from socle.verify import AGAIN, control, expect, message, unknown


@control("boot-chain-protected")
@pytest.mark.usefixtures("disks")  # a container ends there
def test_nobody_at_the_keyboard_changes_the_start(host, settings):
    """The start menu asks for a password before it is changed; the firmware's part is said."""
    chain = bootchain.ask(host)
    tampered = chain.tampered_now()
    expect(
        not tampered,
        seen=message(
            "this kernel was started with: {arguments}",
            arguments=" ".join(tampered) or message("nothing unusual"),
        ),
        wanted="no kernel argument that gives a shell without a login",
        fix="start the machine again without it; find out who started it so",
    )
    if chain.has_grub:
        expect_grub_locked(chain)
    elif chain.has_systemd_boot:
        expect(
            chain.editor_locked,
            seen="systemd-boot's editor is off"
            if chain.editor_locked
            else "systemd-boot's editor is on",
            wanted="the kernel's command line cannot be edited at the start",
            fix='write "editor no" in loader/loader.conf of the EFI partition',
        )
    expect_files_closed(chain)
    expect_secure_boot(chain, settings)
    if not (chain.has_grub or chain.has_systemd_boot):
        unknown("no boot loader of its own was found: something else starts this machine")


def expect_grub_locked(chain):
    """GRUB's menu as it is read at the next start."""
    owners = chain.password_owners()
    expect(
        owners,
        seen=message("GRUB asks for a password of {owners}", owners=owners)
        if owners
        else "GRUB asks for a password: no",
        wanted="nobody edits the start menu without a password",
        fix="put the output of grub-mkpasswd-pbkdf2 as disk_encryption_grub_password_hash in "
        "secrets.yml, then deploy",
    )
    free = [entry for entry in chain.entries if entry.free]
    expect(
        free,
        seen=message("entries that start without the password: {n}", n=len(free)),
        wanted="the first entry starts by itself, else the machine waits for the provider",
        fix=AGAIN,
    )
    bad = [f"{e.title}: {word}" for e in free for word in bootchain.tampered(e.arguments)]
    expect(
        not bad,
        seen=message(
            "entries for anybody with: {entries;}", entries=bad or message("nothing unusual")
        ),
        wanted="no entry that gives a shell without a login",
        fix="remove it from /etc/default/grub, then update-grub",
    )


def expect_files_closed(chain):
    """Nobody but root reads or changes what starts the machine."""
    expect(
        not chain.open_files,
        seen=message(
            "readable by any account: {files}", files=chain.open_files or message("nothing")
        ),
        wanted="only root reads the start menu and the initramfs",
        fix=AGAIN,
    )
    expect(
        not chain.foreign_files,
        seen=message(
            "writable by others than root: {files}",
            files=chain.foreign_files[:5] or message("nothing"),
        ),
        wanted="only root changes what lies in /boot",
        fix="chown root:root and chmod go-w these files; find out who changed them",
    )


def expect_secure_boot(chain, settings):
    """The firmware's part, as far as the machine has one."""
    if chain.firmware == "bios":
        expect(True, seen="BIOS: this machine has no Secure Boot", wanted="", fix="")
        return
    expect(
        chain.secure_boot or not settings.disk_encryption_secure_boot,
        seen="UEFI, Secure Boot is on" if chain.secure_boot else "UEFI, Secure Boot is off",
        wanted="Secure Boot on",
        fix="switch it on in the firmware's setup, and protect that with a password",
    )
