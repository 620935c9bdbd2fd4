"""The offline disk: plugged in, filled by the unit that udev starts, let go; and pulled out."""

from __future__ import annotations

import json
import time

import pytest

from socle.lab.vm import UsbDisk, plug, pull, run

pytestmark = [pytest.mark.vm, pytest.mark.proof]

NAME = "disque-a"
UUID = "5f4c3a2b-1d0e-4f6a-8b7c-9d8e7f6a5b4c"
DISK = UsbDisk("coffre", 512, serial="COFFRE-1")
RECORD = f"/var/lib/socle/backup/offline/{NAME}.json"
UNIT = f"socle-backup-offline@{NAME}.service"
measured = print


@pytest.fixture(scope="module")
def practice(vm_practice):
    """The rooms applied, the disk encrypted, some data, and the disk in its drawer."""
    vm_practice.apply("disk_encryption", "backup")
    vm_practice.root_on(vm_practice.vm.name, f"systemctl mask --quiet --runtime '{UNIT}'")
    device = plug(vm_practice.vm, DISK)
    vm_practice.root_on(
        vm_practice.vm.name,
        "read_secret() { python3 -c 'import json; print(json.load(open("
        '"/etc/socle/backup-secrets.json"))["luks"]["disque-a"], end="")\'; }\n'
        f"set -e; read_secret | cryptsetup luksFormat --batch-mode --uuid {UUID} --pbkdf pbkdf2"
        f" --pbkdf-force-iterations 1000 --key-file - {device}\n"
        f"read_secret | cryptsetup open --key-file - {device} once\n"
        "mkfs.ext4 -q /dev/mapper/once; cryptsetup close once\n"
        "mkdir -p /home/dossiers; head -c 20M /dev/urandom > /home/dossiers/image",
    )
    pull(vm_practice.vm, DISK)
    vm_practice.root_on(vm_practice.vm.name, f"systemctl unmask --quiet --runtime '{UNIT}'")
    return vm_practice


def on(practice, command, timeout=300):
    return practice.root_on(practice.vm.name, command, timeout=timeout)


def status(practice):
    found = json.loads(on(practice, "socle-backup status --json"))["repositories"]
    return next(one for one in found if one["name"] == NAME)


def copied(practice, earlier="", seconds=600):
    """The record of the copy that ends after ``earlier``."""
    limit = time.monotonic() + seconds
    while True:
        said = run(practice.vm, f"cat {RECORD}").stdout
        found = json.loads(said) if said else {"result": "running", "time": ""}
        over = found["result"] != "running" and found["time"] > earlier
        if (
            over
            and "released" in found
            and run(practice.vm, f"test -e {RECORD}.sig").returncode == 0
        ):
            idle = run(practice.vm, f"systemctl is-active --quiet '{UNIT}'").returncode
            if idle:
                return found
        assert time.monotonic() < limit, f"no end of the copy: {said}"
        time.sleep(2)


def test_plugged_in_filled_and_let_go(practice):
    began = time.monotonic()
    plug(practice.vm, DISK)
    found = copied(practice)
    measured(f"offline copy: {time.monotonic() - began:.0f} s from plug to release: {found}")
    assert (found["result"], found["reason"], found["released"]) == ("ok", None, True)
    assert found["snapshots"] == {practice.vm.name: 1}
    on(practice, "! ls /dev/mapper/socle-backup-*; ! grep socle-backup /proc/mounts")
    on(practice, f"! test -e /dev/disk/by-uuid/{UUID}")
    seen = status(practice)
    assert seen["attached"] is False
    assert seen["last_copy"]["signature"] == "good"
    assert seen["last_restore_test"]["result"] == "ok"
    pull(practice.vm, DISK)


def first_copy(practice):
    """The record of a copy: made here where no test before has made one."""
    if run(practice.vm, f"test -e {RECORD}").returncode != 0:
        plug(practice.vm, DISK)
        copied(practice)
        pull(practice.vm, DISK)
    return json.loads(on(practice, f"cat {RECORD}"))


@pytest.mark.proof(apart=True)  # four minutes, another day than the rest
def test_pulled_out_in_the_middle(practice):
    before = first_copy(practice)
    on(practice, "head -c 80M /dev/urandom > /home/dossiers/large")
    plug(practice.vm, DISK)
    on(practice, "timeout 200 sh -c 'until pgrep -x restic && grep -q socle-backup /proc/*/mounts;"
       " do sleep 0.2; done'")  # fmt: skip
    time.sleep(5)
    pull(practice.vm, DISK)
    found = copied(practice, before["time"])
    measured(f"pulled in the middle: {found}")
    assert found["result"] == "failed"
    assert found["last_good"] == before["time"]
    on(practice, "! ls /dev/mapper/socle-backup-*")

    plug(practice.vm, DISK)
    again = copied(practice, found["time"])
    measured(f"plugged in again: {again}")
    assert (again["result"], again["released"]) == ("ok", True)
    assert again["snapshots"][practice.vm.name] >= 2
    pull(practice.vm, DISK)


def test_data_come_back_from_the_disk(practice):
    before = on(practice, "sha256sum /home/dossiers/image")
    on(practice, f"systemctl mask --quiet --runtime '{UNIT}'")
    plug(practice.vm, DISK)
    try:
        on(practice, "rm /home/dossiers/image")
        restore = f"restore --repository {NAME} --path /home/dossiers/image --to /"
        measured(on(practice, f"socle-backup {restore}"))
        assert on(practice, "sha256sum /home/dossiers/image") == before
        on(practice, "! ls /dev/mapper/socle-backup-*")
    finally:
        pull(practice.vm, DISK)
        on(practice, f"systemctl unmask --quiet --runtime '{UNIT}'")


def test_its_age_is_judged(practice):
    host = practice.vm.name
    control = ("backup-offline",)
    key = (host, "backup-offline")
    assert practice.verdicts(controls=control)[key].verdict == "pass"
    on(practice, "timedatectl set-ntp false || true; date --set '+8 days'")
    try:
        late = practice.verdicts(controls=control)[key]
        measured(late)
        assert late.verdict == "fail"
    finally:
        on(practice, "date --set '-8 days'")

    on(practice, f"systemctl mask --quiet --runtime '{UNIT}'")
    plug(practice.vm, DISK)
    try:
        on(practice, "date --set '+13 hours'")
        left = practice.verdicts(controls=control)[key]
        measured(left)
        assert left.verdict == "fail"
        assert status(practice)["attached_hours"] > 12
    finally:
        on(practice, f"date --set '-13 hours'; systemctl unmask --quiet --runtime '{UNIT}'")
        pull(practice.vm, DISK)
