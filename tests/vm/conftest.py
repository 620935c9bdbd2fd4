"""A virtual machine for tests: woken up when first asked for, gone at the end of the session."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from labs import number
from practices import Practice

from socle.baseline.vault import decrypt, encrypt
from socle.commands import secrets
from socle.lab import vm_requirements
from socle.lab.locks import locked
from socle.lab.vm import OPERATOR, VirtualMachine, restore, run, save, start, stop
from socle.lab.vm.spec import ADDRESS, NAME_SERVER

CLEAN = "clean"
START_MENU = "install -D /dev/null /boot/grub/grub.cfg"
"""Where an installer leaves GRUB's menu; ours is empty, for QEMU itself starts the kernel."""

HOSTS = """\
---
all:
  vars:
    ansible_user: {vm.administrator}
    ansible_ssh_private_key_file: {vm.key_file}
  children:
    workstations:
      hosts:
        {vm.name}:
          ansible_host: 127.0.0.1
          ansible_port: {vm.port}
          socle_addresses: [{address}]
"""

ALL = """\
---
firewall_peers:
  administration: [{operator}]
  box: [{operator}, {name_server}]
backup_repositories:
  - name: disque-a
    kind: disk
    medium: usb-disk
    place: off-site
    luks_uuid: 5f4c3a2b-1d0e-4f6a-8b7c-9d8e7f6a5b4c
    hosts: [workstations]
backup_full_exercise: {today}
disk_encryption_header_backups:
  - uuid: {root_uuid}
    date: {today}
    kept_at: "Coffre de l'essai"
"""


@pytest.fixture(scope="session")
def vm(pytestconfig: pytest.Config) -> Iterator[VirtualMachine]:
    """A booted machine: root on LUKS2, blank disks vdb, vdc and vdd, USB sockets.

    One for the whole session: leave it as you found it, or ask for ``clean_vm``.
    """
    missing = vm_requirements()
    if missing:
        reason = "virtual machines need: " + "; ".join(missing)
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    disks = {"data": 256, "spare": 256, "third": 256}
    folder = pytestconfig.rootpath / "build" / f"vm-{number()}"
    machine = VirtualMachine("portable", folder, disks=disks)
    with locked(Path(f"/run/socle-lab/vm-tests-{machine.tag}.lock")):
        stop(machine, print)  # what a killed session left
        try:
            start(machine, print)
            assert run(machine, START_MENU).returncode == 0
            save(machine, CLEAN)
            yield machine
        finally:
            stop(machine, print)


@pytest.fixture
def clean_vm(vm: VirtualMachine) -> VirtualMachine:
    """The machine as it was right after its start, with no room applied (a few seconds)."""
    restore(vm, CLEAN)
    return vm


class VmPractice(Practice):
    """A practice whose only machine is the virtual one: ``portable``, a workstation."""

    def __init__(self, root: Path, vm: VirtualMachine) -> None:
        super().__init__(root, root / "build" / "vm-practice")
        self.vm = vm
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "group_vars").mkdir(parents=True)
        shutil.copy(root / "inventories/demo/inventory.py", self.folder)
        shutil.copy(vm.known_hosts, self.folder)
        self.deploy = self.folder / "deploy.py"
        (self.folder / "hosts.yml").write_text(HOSTS.format(vm=vm, address=ADDRESS))
        root_uuid = self.root_on(vm.name, "cryptsetup luksUUID /dev/vda").strip()
        (self.folder / "group_vars/all.yml").write_text(
            ALL.format(
                operator=OPERATOR,
                name_server=NAME_SERVER,
                today=datetime.now(UTC).date(),
                root_uuid=root_uuid,
            )
        )
        self._make_secrets()

    def _make_secrets(self) -> None:
        """Passwords of the copies, and the hash of a password of GRUB's that nobody knows."""
        secrets.make(self.folder, self.root)
        vault = self.folder / "secrets.yml"
        salt = os.urandom(64)
        key = hashlib.pbkdf2_hmac("sha512", os.urandom(16), salt, 10000)
        hashed = f"grub.pbkdf2.sha512.10000.{salt.hex().upper()}.{key.hex().upper()}"
        data = yaml.safe_load(decrypt(vault)) | {
            "all": {"disk_encryption_grub_password_hash": hashed}
        }
        encrypt(vault, yaml.safe_dump(data).encode())

    def apply(self, *rooms: str) -> None:
        """Apply these rooms alone: the others' packages take minutes to install here."""
        imports = ["from socle.apply import ask_before_giving_up"]
        imports += [f"from roles.{room}.deploy import {room}" for room in rooms]
        calls = ["ask_before_giving_up()", *(f"{room}()" for room in rooms)]
        self.deploy.write_text("\n".join([*imports, *calls, ""]))
        self.pyinfra("-y")

    def root_on(self, machine: str, command: str, timeout: float = 900) -> str:
        """Run a command as root; its output."""
        assert machine == self.vm.name
        done = run(self.vm, command, timeout=timeout)
        assert done.returncode == 0, done
        return done.stdout

    def _run(self, code: int, program: str, *args, timeout=1800, **env) -> str:
        if program == "pyinfra":  # for the rooms that its deploy.py imports
            env["PYTHONPATH"] = str(self.root)
        return super()._run(code, program, *args, timeout=timeout, **env)


@pytest.fixture(scope="session")
def vm_practice(vm: VirtualMachine, pytestconfig: pytest.Config) -> VmPractice:
    """The practice of the virtual machine, as it comes from the installer."""
    return VmPractice(pytestconfig.rootpath, vm)
