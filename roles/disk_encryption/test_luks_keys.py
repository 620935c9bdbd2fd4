"""Who can unlock the machine's disks, asked of their headers."""

import shlex
from datetime import date

from roles.disk_encryption import luks
from socle.machine.blockstack import Encryption
from socle.verify import clock, control, expect, message, not_applicable, unknown

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
        seen=message(
            "encrypted without a LUKS header: {devices}", devices=headerless or message("none")
        ),
        wanted="LUKS headers: passphrases can be changed, and a guess costs time",
        fix=message(
            "check the backup and restore from it first, then encrypt anew with LUKS2; "
            "step by step in {guide}",
            guide=GUIDE,
        ),
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
        seen=message("{device}: LUKS{version}", device=name, version=header.version),
        wanted=message("LUKS{version} headers", version=settings.disk_encryption_luks_version),
        fix=message(
            "copy the header first, then, from a rescue system, "
            "cryptsetup convert --type luks2 {device}; see {guide}",
            device=device,
            guide=GUIDE,
        ),
    )
    weak = header.weak_slots(settings.disk_encryption_kdfs, settings.disk_encryption_kdf_memory_mib)
    expect(
        not weak,
        seen=message(
            "{device}: {slots}",
            device=name,
            slots=weak or message("no key slot that is cheap to guess"),
        ),
        wanted=message(
            "{kdfs} with at least {mib} MiB",
            kdfs=settings.disk_encryption_kdfs,
            mib=settings.disk_encryption_kdf_memory_mib,
        ),
        fix=message(
            "cryptsetup luksConvertKey --pbkdf argon2id {device}, once for each passphrase",
            device=device,
        ),
    )
    expect(
        count >= settings.disk_encryption_key_slots,
        seen=message(
            "{device}: {n} key slot in use" if count == 1 else "{device}: {n} key slots in use",
            device=name,
            n=count,
        ),
        wanted=message(
            "at least {n}: the user's passphrase and a recovery key",
            n=settings.disk_encryption_key_slots,
        ),
        fix=message(
            "cryptsetup luksAddKey {device} with a recovery key that goes into a sealed envelope",
            device=device,
        ),
    )
    unattended = () if settings.disk_encryption_unattended_unlock else header.unattended
    expect(
        not unattended,
        seen=message(
            "{device}: unlocks without a person by {ways}",
            device=name,
            ways=unattended or message("nothing"),
        ),
        wanted="a PIN or a passphrase at every start: a stolen machine stays closed",
        fix=message(
            "systemd-cryptenroll --wipe-slot=tpm2 --tpm2-device=auto --tpm2-with-pin=yes {device}",
            device=device,
        ),
    )


def expect_no_key_in_clear(keys, disks, settings):
    """Key files lie on encrypted file systems, for root only; none on /boot or in an initramfs."""
    bad = [
        message("{file} ({why})", file=file.name, why=why)
        for file in keys.key_files
        if (why := wrong(file, disks, settings))
    ]
    expect(
        not bad,
        seen=message("key files: {files;}", files=bad)
        if bad
        else message("key files: {n}, all encrypted themselves", n=len(keys.key_files)),
        wanted="key files on an encrypted file system, readable by root alone",
        fix="cryptsetup luksRemoveKey DEVICE KEYFILE, remove the file and its name in "
        "/etc/crypttab, then update-initramfs -u",
    )
    if is_encrypted(disks, "/boot"):
        return
    unread = [image for image, found in keys.in_initramfs.items() if luks.UNREADABLE in found]
    exposed = [
        message("{file} in {image}", file=name, image=image)
        for image, found in keys.in_initramfs.items()
        for name in found
    ]
    exposed = [*keys.on_boot, *exposed] if not unread else list(keys.on_boot)
    expect(
        not exposed,
        seen=message(
            "where nothing is encrypted, files like keys: {files;}",
            files=exposed or message("none"),
        ),
        wanted="no key on /boot nor in an initramfs, which anybody with a screwdriver reads",
        fix="remove the file and what copies it (KEYFILE_PATTERN in "
        "/etc/cryptsetup-initramfs/conf-hook), update-initramfs -u -k all, and change the key",
    )
    if unread:
        unknown(message("the content cannot be listed of {images}", images=unread))


def wrong(file, disks, settings):
    """What is wrong with a key file, as a message; None if nothing is."""
    if file.path.startswith("/dev/"):
        alone = settings.disk_encryption_unattended_unlock
        return None if alone else message("on a medium that may stay plugged in")
    if not is_encrypted(disks, file.path):
        return message("on a file system that is not encrypted")
    absent = file.mode == "absent"
    if absent or (file.user == "root" and file.mode in ("400", "600")):
        return None
    return message("mode {mode}, owner {owner}", mode=file.mode, owner=file.user)


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
    said = message("none declared")
    if entry is not None:
        said = message("{days} days old, {place}", days=age, place=entry["kept_at"])
    values = {"device": header.device, "uuid": header.uuid, "copy": said}
    expect(
        age is not None and 0 <= age <= limit and not changed,
        seen=message(
            "copy of the header of {device} ({uuid}): {copy}; "
            "the header has changed since (epoch {epoch})",
            epoch=header.epoch,
            **values,
        )
        if changed
        else message("copy of the header of {device} ({uuid}): {copy}", **values),
        wanted=message(
            "a copy at most {days} days old, kept off the machine, as declared", days=limit
        ),
        fix=message(
            "cryptsetup luksHeaderBackup {device} onto an encrypted medium, then declare "
            "it in disk_encryption_header_backups; see {guide}",
            device=device,
            guide=GUIDE,
        ),
    )
