"""LUKS headers and key files as cryptsetup and the initramfs list them."""

from __future__ import annotations

import json

import pytest

from roles.disk_encryption import luks

TEXT = "Version:        2\nEpoch:          4\nUUID:           ff53e844-619e-45c4-8005-49edab3adcf3"
ARGON2ID = {"type": "argon2id", "time": 4, "memory": 65536, "cpus": 2}
PBKDF2 = {"type": "pbkdf2", "hash": "sha256", "iterations": 1000}


def metadata(kdfs: list[dict], tokens: list[dict] | None = None, bound: int | None = None) -> str:
    """What luksDump --dump-json-metadata prints of a device with these slots."""
    slots = {str(n): {"type": "luks2", "key_size": 64, "kdf": kdf} for n, kdf in enumerate(kdfs)}
    opening = list(slots)[:bound]
    return json.dumps(
        {
            "keyslots": slots,
            "tokens": {str(n): token for n, token in enumerate(tokens or [])},
            "segments": {"0": {"type": "crypt", "encryption": "aes-xts-plain64"}},
            "digests": {
                "0": {"type": "pbkdf2", "keyslots": opening, "segments": ["0"]},
                "1": {"type": "pbkdf2", "keyslots": list(slots)[len(opening) :], "segments": []},
            },
        }
    )


def header(*arguments, **options) -> luks.Header:
    return luks.header("/dev/vda", TEXT, metadata(*arguments, **options))


def weak(found):
    return [str(slot) for slot in found.weak_slots(["argon2id"], 64)]


def test_a_sane_header():
    found = header([ARGON2ID, ARGON2ID])
    assert (found.version, found.epoch, len(found.slots)) == (2, 4, 2)
    assert weak(found) == []


@pytest.mark.parametrize(
    ("kdf", "said"),
    [
        (PBKDF2, "slot 0 pbkdf2"),
        ({**ARGON2ID, "memory": 32 << 10}, "slot 0 argon2id 32 MiB"),
        ({**ARGON2ID, "type": "argon2i"}, "slot 0 argon2i 64 MiB"),
    ],
)
def test_a_slot_that_is_cheap_to_guess(kdf, said):
    assert weak(header([kdf])) == [said]


def test_a_slot_that_a_token_fills_holds_nothing_to_guess():
    token = {"type": "systemd-recovery", "keyslots": ["1"]}
    assert weak(header([ARGON2ID, PBKDF2], [token])) == []


def test_a_token_of_another_program_proves_nothing():
    token = {"type": "luks2-keyring", "keyslots": ["0"]}
    assert weak(header([PBKDF2], [token])) == ["slot 0 pbkdf2"]


def test_an_unbound_slot_opens_nothing():
    assert [s.number for s in header([ARGON2ID, ARGON2ID], bound=1).slots] == ["0"]


@pytest.mark.parametrize(
    ("token", "unattended"),
    [
        ({"type": "systemd-tpm2", "keyslots": ["0"]}, ("systemd-tpm2",)),
        ({"type": "systemd-tpm2", "keyslots": ["0"], "tpm2-pin": True}, ()),
        ({"type": "systemd-fido2", "keyslots": ["0"]}, ()),
        ({"type": "clevis", "keyslots": ["0"]}, ("clevis",)),
    ],
)
def test_who_unlocks_without_a_person(token, unattended):
    assert header([ARGON2ID], [token]).unattended == unattended


def test_version_1_has_no_metadata():
    text = (
        "Version:       \t1\nUUID:          \tb9ca9505-b54e-4a4d-af03-a46abf36cd90\n"
        "Key Slot 0: ENABLED\nKey Slot 1: DISABLED\nKey Slot 2: ENABLED"
    )
    found = luks.header("/dev/vda", text, "")
    assert found.version == 1
    assert [slot.number for slot in found.slots] == ["0", "2"]
    assert weak(found) == ["slot 0 pbkdf2", "slot 2 pbkdf2"]


def test_key_files_and_what_looks_like_one():
    keys = luks.read(
        f"== text /dev/vda\n{TEXT}\n== json /dev/vda\n{metadata([ARGON2ID])}\n"
        "== keyfiles\n400 root /etc/keys/home.key /etc/keys/home.key\n"
        "absent - /boot/gone.key /boot/gone.key\n"
        "== boot\n/boot/disk.key\n"
        "== initramfs /boot/initrd.img-6.1\ncryptroot/keyfiles/cryptroot.key\n== end\n"
    )
    assert [file.mode for file in keys.key_files] == ["400", "absent"]
    assert keys.on_boot == ("/boot/disk.key",)
    assert keys.in_initramfs == {"/boot/initrd.img-6.1": ["cryptroot/keyfiles/cryptroot.key"]}
    assert keys.headers[0].uuid == "ff53e844-619e-45c4-8005-49edab3adcf3"


def test_an_answer_that_ends_too_early_is_no_answer():
    with pytest.raises(ValueError, match="incomplete"):
        luks.read("== keyfiles\n== boot\n")
