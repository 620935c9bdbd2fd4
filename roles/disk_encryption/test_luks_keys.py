"""Who can unlock the machine's disks, asked of their headers."""

import shlex
from datetime import date

from roles.disk_encryption import luks
from socle.machine.blockstack import Encryption
from socle.verify import clock, control, expect, not_applicable, unknown

GUIDE = "docs/fr/chiffrement-des-disques.md"


@control("luks-keyslots-sane")
def test_keys_are_under_control(host, settings, disks):
    """Headers, key slots, key files and copies of headers are as the practice declares."""
    devices = luks.devices(disks)
    headerless = luks.without_header(disks)
    if not devices and not headerless:
        not_applicable("no LUKS device here; disk-encryption-full says what is encrypted")
    expect(
        not headerless,
        seen="encrypted without a LUKS header: " + (", ".join(headerless) or "none"),
        wanted="LUKS headers: passphrases can be changed, and a guess costs time",
        fix="check the backup and restore from it first, then encrypt anew with LUKS2; "
        f"step by step in {GUIDE}",
    )
    keys = luks.ask(host)
    headers = [header for header in keys.headers if header.device in devices]
    for header in headers:
        expect_sane(header, settings)
    expect_no_key_in_clear(keys, disks, settings)
    for header in headers:
        expect_copy(header, settings)


def expect_sane(header, settings):
    """One device's header: version, key derivation, number of slots, unattended unlocking."""
    name, count = header.device, len(header.slots)
    device = shlex.quote(name)
    expect(
        header.version >= settings.disk_encryption_luks_version,
        seen=f"{name}: LUKS{header.version}",
        wanted=f"LUKS{settings.disk_encryption_luks_version} headers",
        fix="copy the header first, then, from a rescue system, "
        f"cryptsetup convert --type luks2 {device}; see {GUIDE}",
    )
    weak = header.weak_slots(settings.disk_encryption_kdfs, settings.disk_encryption_kdf_memory_mib)
    expect(
        not weak,
        seen=f"{name}: {', '.join(weak) or 'no key slot that is cheap to guess'}",
        wanted=f"{' or '.join(settings.disk_encryption_kdfs)} with at least "
        f"{settings.disk_encryption_kdf_memory_mib} MiB",
        fix=f"cryptsetup luksConvertKey --pbkdf argon2id {device}, once for each passphrase",
    )
    expect(
        count >= settings.disk_encryption_key_slots,
        seen=f"{name}: {count} key slot{'s' if count != 1 else ''} in use",
        wanted=f"at least {settings.disk_encryption_key_slots}: "
        "the user's passphrase and a recovery key",
        fix=f"cryptsetup luksAddKey {device} with a recovery key that goes into a sealed envelope",
    )
    unattended = () if settings.disk_encryption_unattended_unlock else header.unattended
    expect(
        not unattended,
        seen=f"{name}: unlocks without a person by {', '.join(unattended) or 'nothing'}",
        wanted="a PIN or a passphrase at every start: a stolen machine stays closed",
        fix=f"systemd-cryptenroll --wipe-slot=tpm2 --tpm2-device=auto --tpm2-with-pin=yes {device}",
    )


def expect_no_key_in_clear(keys, disks, settings):
    """Key files lie on encrypted file systems, for root only; none on /boot or in an initramfs."""
    bad = [
        f"{file.name} ({why})" for file in keys.key_files if (why := wrong(file, disks, settings))
    ]
    expect(
        not bad,
        seen="key files: " + ("; ".join(bad) or f"{len(keys.key_files)}, all encrypted themselves"),
        wanted="key files on an encrypted file system, readable by root alone",
        fix="cryptsetup luksRemoveKey DEVICE KEYFILE, remove the file and its name in "
        "/etc/crypttab, then update-initramfs -u",
    )
    if is_encrypted(disks, "/boot"):
        return
    unread = [image for image, found in keys.in_initramfs.items() if luks.UNREADABLE in found]
    exposed = [f"{name} in {image}" for image, found in keys.in_initramfs.items() for name in found]
    exposed = [*keys.on_boot, *exposed] if not unread else list(keys.on_boot)
    expect(
        not exposed,
        seen="where nothing is encrypted, files like keys: " + ("; ".join(exposed) or "none"),
        wanted="no key on /boot nor in an initramfs, which anybody with a screwdriver reads",
        fix="remove the file and what copies it (KEYFILE_PATTERN in "
        "/etc/cryptsetup-initramfs/conf-hook), update-initramfs -u -k all, and change the key",
    )
    if unread:
        unknown(f"the content cannot be listed of {', '.join(unread)}")


def wrong(file, disks, settings):
    """What is wrong with a key file, in words; empty if nothing is."""
    if file.path.startswith("/dev/"):
        alone = settings.disk_encryption_unattended_unlock
        return "" if alone else "on a medium that may stay plugged in"
    if not is_encrypted(disks, file.path):
        return "on a file system that is not encrypted"
    absent = file.mode == "absent"
    return (
        ""
        if absent or (file.user == "root" and file.mode in ("400", "600"))
        else (f"mode {file.mode}, owner {file.user}")
    )


def is_encrypted(disks, path):
    """Whether all that lies under ``path`` is encrypted, or in memory."""
    found = {branch.encryption for branch in disks.stack.path(path)}
    return found <= {Encryption.CRYPT, Encryption.MEMORY}


def expect_copy(header, settings):
    """The practice declares a copy of the header that is young enough and still fits."""
    declared = {entry["uuid"]: entry for entry in settings.disk_encryption_header_backups}
    entry, device = declared.get(header.uuid), shlex.quote(header.device)
    limit = settings.disk_encryption_header_backup_days
    age = (clock.today() - date.fromisoformat(entry["date"])).days if entry else None
    changed = bool(entry and entry["epoch"] and entry["epoch"] != header.epoch)
    said = "none declared" if entry is None else f"{age} days old, {entry['kept_at']}"
    expect(
        age is not None and 0 <= age <= limit and not changed,
        seen=f"copy of the header of {header.device} ({header.uuid}): {said}"
        + (f"; the header has changed since (epoch {header.epoch})" if changed else ""),
        wanted=f"a copy at most {limit} days old, kept off the machine, as declared",
        fix=f"cryptsetup luksHeaderBackup {device} onto an encrypted medium, then declare "
        f"it in disk_encryption_header_backups; see {GUIDE}",
    )
