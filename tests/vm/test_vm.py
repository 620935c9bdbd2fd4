"""The virtual machine does what it says: a real kernel, an encrypted root, disks, reboots."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import pytest

from socle.lab import LabError, processes
from socle.lab.vm import (
    PASSPHRASE,
    RECOVERY,
    UsbDisk,
    VirtualMachine,
    plug,
    pull,
    reboot,
    restore,
    run,
    save,
    stop,
    unplug,
)

pytestmark = pytest.mark.vm

STICK = UsbDisk("stick", 64, serial="COFFRE-1")
LUKS = "--batch-mode --key-file - --pbkdf pbkdf2 --pbkdf-force-iterations 1000"


def said(vm: VirtualMachine, command: str, stdin: str = "") -> str:
    done = run(vm, command, stdin, timeout=600)
    assert done.returncode == 0, done
    return done.stdout.strip()


@pytest.fixture
def stick(vm):
    """A blank stick, gone afterwards whatever the test did."""
    STICK.file(vm).unlink(missing_ok=True)
    yield STICK
    said(vm, "umount --lazy /mnt 2>/dev/null; cryptsetup close stick 2>/dev/null; true")
    with suppress(LabError):  # not plugged in
        pull(vm, STICK)


def test_the_root_is_on_luks2(vm):
    tree = json.loads(said(vm, "lsblk --json --output NAME,TYPE,MOUNTPOINTS /dev/vda"))
    (disk,) = tree["blockdevices"]
    (opened,) = disk["children"]
    assert (opened["name"], opened["type"], opened["mountpoints"]) == ("cryptroot", "crypt", ["/"])
    assert "Version:       \t2" in said(vm, "cryptsetup luksDump /dev/vda")
    for secret in (PASSPHRASE, RECOVERY):
        said(vm, "cryptsetup open --test-passphrase --key-file - /dev/vda", secret)


def test_it_is_a_whole_debian_with_blank_disks(vm):
    assert said(vm, "systemctl is-system-running") == "running"
    assert said(vm, "hostname") == vm.name
    assert said(vm, "id -un") == "root"
    sizes = "lsblk --nodeps --noheadings --raw --output NAME,SIZE,FSTYPE /dev/vd[b-z]"
    assert said(vm, sizes).split() == ["vdb", "256M", "vdc", "256M", "vdd", "256M"]
    assert abs(float(said(vm, "date +%s")) - time.time()) < 60


@pytest.mark.proof
def test_packages_can_be_installed(vm):
    said(vm, "apt-get install --yes --quiet tree && tree --version && apt-get purge --yes tree")


@pytest.mark.proof
def test_an_encrypted_stick_brings_its_files_back(vm, stick):
    device = plug(vm, stick)
    seen = said(vm, f"lsblk --nodeps --noheadings --raw --output TRAN,RM,SERIAL {device}")
    assert seen.split() == ["usb", "1", stick.serial]
    said(vm, f"cryptsetup luksFormat {LUKS} {device}", "secret")
    said(vm, f"cryptsetup open --key-file - {device} stick", "secret")
    said(vm, "mkfs.ext4 -q /dev/mapper/stick && mount /dev/mapper/stick /mnt")
    said(vm, "head -c 20000000 /dev/urandom >/mnt/copy && echo PATIENT-FICTIF >>/mnt/copy; sync")
    before = said(vm, "sha256sum /mnt/copy")
    with pytest.raises(LabError, match=r"in use: .*stick crypt /mnt"):
        unplug(vm, stick)
    said(vm, "umount /mnt && cryptsetup close stick")
    unplug(vm, stick)
    assert b"PATIENT-FICTIF" not in stick.file(vm).read_bytes()

    device = plug(vm, stick)
    said(vm, f"cryptsetup open --key-file - {device} stick", "secret")
    said(vm, "mount /dev/mapper/stick /mnt")
    assert said(vm, "sha256sum /mnt/copy") == before
    said(vm, "umount /mnt && cryptsetup close stick")
    unplug(vm, stick)


@pytest.mark.proof
def test_a_stick_can_be_torn_out(vm, stick):
    device = plug(vm, stick)
    with pytest.raises(LabError, match="plugged in already"):
        plug(vm, stick)
    said(vm, f"mkfs.ext4 -q {device} && mount {device} /mnt")
    pull(vm, stick)
    assert not said(vm, f"ls {device} 2>/dev/null || true")
    assert "/mnt" in said(vm, "cat /proc/mounts")


@pytest.mark.proof
def test_a_kept_state_comes_back_with_its_disks_and_its_clock(vm):
    save(vm, "kept")
    said(vm, "echo changed >/root/changed; echo changed >/dev/vdb; sync")
    restore(vm, "kept")
    assert said(vm, "ls /root/changed 2>/dev/null || true") == ""
    assert said(vm, "head -c 7 /dev/vdb | tr -d '\\0'") == ""
    assert abs(float(said(vm, "date +%s")) - time.time()) < 60


@pytest.mark.proof
def test_what_is_written_lasts_over_a_reboot_and_a_power_cut(clean_vm):
    boots = {said(clean_vm, "cat /proc/sys/kernel/random/boot_id")}
    said(clean_vm, "echo kept >/root/kept; echo data >/dev/vdd; sync")
    reboot(clean_vm)
    boots.add(said(clean_vm, "cat /proc/sys/kernel/random/boot_id"))
    assert said(clean_vm, "cat /root/kept; head -c 4 /dev/vdd") == "kept\ndata"
    reboot(clean_vm, power_cut=True)
    boots.add(said(clean_vm, "cat /proc/sys/kernel/random/boot_id"))
    assert said(clean_vm, "cat /root/kept; head -c 4 /dev/vdd") == "kept\ndata"
    assert len(boots) == 3
    restore(clean_vm, "clean")


def test_a_killed_session_leaves_nothing(tmp_path):
    script = f"""
        from pathlib import Path
        from socle.lab.vm import VirtualMachine, start
        start(VirtualMachine("other", Path({str(tmp_path / "other")!r})), print)
        print("READY", flush=True)
        input()
    """
    other = VirtualMachine("other", tmp_path / "other")
    words = [sys.executable, "-u", "-c", dedent(script)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:
        while "READY" not in one.stdout.readline():
            assert one.poll() is None
        one.send_signal(signal.SIGKILL)
    assert len(processes.find(other.tag)) == 1
    stop(other, print)
    assert processes.find(other.tag) == []
    assert not other.folder.exists()
    left = [p for p in Path("/proc").glob("[0-9]*/cmdline") if _names(p, str(other.folder))]
    assert left == []


def _names(cmdline: Path, folder: str) -> bool:
    try:
        return bool(re.search(re.escape(folder).encode(), cmdline.read_bytes()))
    except OSError:
        return False
