"""The serial console: the passphrase goes in there, and what went wrong comes out."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from socle.lab.errors import LabError
from socle.lab.vm import qemu, remote
from socle.lab.vm.monitor import connected
from socle.lab.vm.spec import PASSPHRASE, VirtualMachine

BOOT_SECONDS = 1800.0  # 60 s on an idle computer; emulation shares its cores with everybody
PROMPT = b"Please unlock disk"
UNLOCKED = b"set up successfully"


def size(vm: VirtualMachine) -> int:
    """How much the console has said so far, in bytes."""
    return vm.console_log.stat().st_size if vm.console_log.exists() else 0


def unanswered(vm: VirtualMachine) -> int:
    """Where the prompt that nobody answered begins; the end of what was said if there is none."""
    text = _since(vm, 0)
    asked = text.rfind(PROMPT)
    return asked if asked > text.rfind(UNLOCKED) else len(text)


def come_up(vm: VirtualMachine, said: int, last_boot: str) -> None:
    """See a boot through: passphrase, SSH, all of systemd's start jobs.

    ``said``: the console's size before; ``last_boot``: the boot id to see the end of.
    ``LabError`` with the console's last lines after ``BOOT_SECONDS``, or when QEMU ends.
    """
    limit = time.monotonic() + BOOT_SECONDS
    if vm.encrypted:
        _wait(vm, limit, "passphrase prompt", lambda: PROMPT in _since(vm, said))
        _type(vm, f"{PASSPHRASE}\n")
        _wait(vm, limit, "unlocked root", lambda: UNLOCKED in _since(vm, said))
    _wait(vm, limit, "SSH greeting", lambda: _greets(vm))
    _wait(vm, limit, "new boot", lambda: remote.boot_id(vm) != last_boot)
    left = max(60.0, limit - time.monotonic())
    remote.run(vm, "systemctl is-system-running --wait", timeout=left)


def failed(vm: VirtualMachine, what: str) -> LabError:
    """The error that says what is wrong and quotes the console."""
    text = _since(vm, max(0, size(vm) - 4096)).decode(errors="replace")
    lines = [f"    {line.strip()}" for line in text.splitlines() if line.strip()][-20:]
    return LabError("\n".join([f"virtual machine {vm.name}: {what}; its console:", *lines]))


def _wait(vm: VirtualMachine, limit: float, what: str, there: Callable[[], bool]) -> None:
    while not there():
        if not qemu.running(vm):
            raise failed(vm, f"QEMU ended before there was a {what}")
        if time.monotonic() > limit:
            raise failed(vm, f"no {what} after {BOOT_SECONDS:g} s")
        time.sleep(0.5)


def _since(vm: VirtualMachine, said: int) -> bytes:
    if not vm.console_log.exists():
        return b""
    with vm.console_log.open("rb") as log:
        log.seek(said)
        return log.read()


def _type(vm: VirtualMachine, text: str) -> None:
    try:
        with connected(vm.folder, "tty.sock") as link:
            link.sendall(text.encode())
            time.sleep(0.2)  # the port takes it in at its own pace
    except OSError as error:
        raise failed(vm, f"console: {error}") from error


def _greets(vm: VirtualMachine) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", vm.port), timeout=20) as link:
            return link.recv(4) == b"SSH-"
    except OSError:
        return False
