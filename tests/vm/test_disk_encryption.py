"""A machine with real disks: what is in clear is named, with device, mount and amount."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from socle.lab.vm import restore, save
from socle.verify.verdicts import Verdict

pytestmark = pytest.mark.vm

SCENARIOS = Path(__file__).parents[2] / "roles/disk_encryption/scenarios"
CONVERGED = "disks-converged"
CONTROLS = (
    "disk-encryption-full",
    "swap-encrypted",
    "luks-keyslots-sane",
    "boot-chain-protected",
)


@pytest.fixture(scope="module")
def converged(vm_practice):
    restore(vm_practice.vm, "clean")
    vm_practice.apply("disk_encryption")
    save(vm_practice.vm, CONVERGED)
    return vm_practice


@pytest.fixture
def broken(converged):
    """``broken(control, mistake…)`` makes these mistakes; the machine is put back afterwards."""

    def make(control: str, *mistakes: str):
        for mistake in mistakes:
            script = (SCENARIOS / control / f"{mistake}.fail.sh").read_text()
            converged.root_on(converged.vm.name, script)
        return judged(converged, control)

    yield make
    restore(converged.vm, CONVERGED)


def judged(practice, control: str):
    """One control's outcome on the machine."""
    name = practice.vm.name
    return practice.verdicts(limit=(name,), controls=(control,))[name, control]


def test_a_machine_with_an_encrypted_root_keeps_all_four_promises(converged):
    found = converged.verdicts(controls=CONTROLS)
    broken = {key: o.detail for key, o in found.items() if o.verdict is not Verdict.PASS}
    assert not broken
    seen = found[converged.vm.name, "disk-encryption-full"].detail
    assert "/ on /dev/mapper/cryptroot" in seen
    assert "encrypted, cryptroot (aes-xts-plain64)" in seen


def test_every_plain_disk_is_named_with_its_mount_and_its_amount(broken):
    found = broken(
        "disk-encryption-full", "plain-home", "plain-second-disk", "partition-that-nobody-mounts"
    )
    assert found.verdict is Verdict.FAIL
    seen = found.detail.splitlines()[0]
    assert "/home on /dev/vdb (ext4, " in seen
    assert "/srv on /dev/vdc (ext4, 5." in seen  # MiB used
    assert "not mounted on /dev/vdd1 (ext4, " in seen
    assert ": plain, vdd1 > vdd" in seen
    assert "cryptroot" not in seen
    assert "docs/fr/chiffrement-des-disques.md" in found.detail


@pytest.mark.proof  # the same walk over the disks
def test_every_plain_swap_is_named(broken):
    found = broken(
        "swap-encrypted",
        "plain-swap-partition",
        "swap-file-on-a-plain-disk",
        "former-swap-partition-left-over",
    )
    assert found.verdict is Verdict.FAIL
    seen = found.detail.splitlines()[0]
    assert "swap on /dev/vdb (in use, 256.0 MiB): plain, vdb" in seen
    assert "swap on /mnt/swapfile (in use, 64.0 MiB): plain, /mnt/swapfile > vdc" in seen
    assert "swap that is not in use on /dev/vdd (swap, up to 256.0 MiB): plain, vdd" in seen


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        pytest.param("date: 2024-11-22", "days old, Coffre de l'essai", marks=pytest.mark.proof),
        ("epoch: 1\n    date: {today}", "the header has changed since"),
    ],
)
def test_a_copy_of_the_header_that_would_not_help_any_more(converged, instead, said):
    today = datetime.now(UTC).date()
    declared = f"    date: {today}\n    kept_at"
    changed = f"    {instead.format(today=today)}\n    kept_at"
    with converged.edited("group_vars/all.yml", declared, changed):
        found = judged(converged, "luks-keyslots-sane")
    assert found.verdict is Verdict.FAIL
    assert "/dev/vda" in found.detail
    assert said in found.detail


@pytest.mark.proof
def test_ansible_finds_nothing_to_do_after_pyinfra(converged):
    output = converged.ansible("--tags", "disk_encryption")
    assert converged.changes(output) == 0, output
