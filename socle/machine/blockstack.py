"""What stands below a path, a mount or a device: every branch, down to each leaf disk.

A branch ends well at the first layer that encrypts, as the device-mapper's own table says: lsblk
also calls integrity layers "crypt". Pure: no host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from socle.machine.blocktree import Device, Mount, Printed
from socle.messages import Message, Words, message

NETWORK = ("nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "afs", "davfs", "fuse.davfs",
           "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.ceph")  # fmt: skip
FOLDERS = ("ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.bindfs", "fuse.mergerfs")
MEMORY = ("tmpfs", "ramfs")
SPREAD = ("btrfs", "bcachefs")  # one file system over several devices of the same UUID

JUDGE_IT = Message("judge that machine")


class Encryption(StrEnum):
    """How a branch ends; the worst first."""

    PLAIN = "plain"
    UNSURE = "unsure"
    ELSEWHERE = "on another machine"
    MEMORY = "in memory"
    CRYPT = "encrypted"

    @property
    def words(self) -> Message:
        """How it ends, for a message."""
        return Message(str(self))


@dataclass(frozen=True)
class Branch:
    """One way down. ``through``: the layers from the top to the one that decides."""

    through: tuple[str, ...]
    encryption: Encryption
    why: Words = ""

    def after(self, above: tuple[str, ...]) -> Branch:
        """The same with more layers on top."""
        return replace(self, through=(*above, *self.through))

    def __str__(self) -> str:
        """``vg-home > vda3 (aes-xts-plain64)``."""
        return str(self.words)

    @property
    def words(self) -> Message:
        """The same as a message."""
        layers = " > ".join(self.through)
        if not self.why:
            return message("{layers}", layers=layers)
        return message("{layers} ({why})", layers=layers, why=self.why)


@dataclass(frozen=True)
class Stack:
    """The layers of one machine."""

    printed: Printed

    def path(self, path: str) -> tuple[Branch, ...]:
        """The branches below a file, a folder or a device."""
        device = self.by_path.get(path)
        if device is not None:
            return self.device(device)
        return self.mount(self.mount_of(path), (path,))

    def device(self, device: Device) -> tuple[Branch, ...]:
        """The branches below a device, itself included."""
        return tuple(self._below(device.kname, ()))

    def mount(self, mount: Mount, above: tuple[str, ...] = ()) -> tuple[Branch, ...]:
        """The branches below a mounted file system; ``above``: the layers already passed."""
        if mount.fstype in MEMORY:
            return (Branch((*above, mount.target), Encryption.MEMORY),)
        if mount.fstype in NETWORK:
            return (Branch((*above, mount.source), Encryption.ELSEWHERE, JUDGE_IT),)
        if mount.fstype == "zfs":
            return self.dataset(mount.source, above)
        folders = _folders(mount)
        if folders:
            return tuple(b for folder in folders for b in self._folder(folder, mount, above))
        device = self.device_of(mount)
        if device is None:
            return (
                Branch(
                    (*above, mount.source),
                    Encryption.UNSURE,
                    message("{fstype} is not known", fstype=mount.fstype),
                ),
            )
        return tuple(b for kname in self._members(device) for b in self._below(kname, above))

    def dataset(self, name: str, above: tuple[str, ...] = ()) -> tuple[Branch, ...]:
        """The branches below a ZFS dataset."""
        through = (*above, name)
        dataset = self.printed.datasets.get(name)
        if dataset is None:
            return (Branch(through, Encryption.UNSURE, Message("zfs did not name it")),)
        if dataset.encryption not in ("off", "-"):
            return (Branch(through, Encryption.CRYPT, f"ZFS {dataset.encryption}"),)
        members = self.printed.pools.get(name.partition("/")[0], [])
        return tuple(b.after(through) for member in members for b in self.path(member))

    def mount_of(self, path: str) -> Mount:
        """The file system on which ``path`` lies."""
        return _nearest(path, self.printed.mounts)

    def device_of(self, mount: Mount) -> Device | None:
        """The device that is mounted; the first one where several are."""
        return self.by_number.get(mount.number) or self.by_path.get(mount.source)

    def is_pluggable(self, device: Device) -> bool:
        """Whether it is, or lies on, a USB disk or a removable medium."""
        above = (self.printed.devices[parent] for parent in device.parents)
        return device.pluggable or any(self.is_pluggable(parent) for parent in above)

    @cached_property
    def by_number(self) -> dict[str, Device]:
        """Every device by its "major:minor"."""
        return {device.number: device for device in self.printed.devices.values()}

    @cached_property
    def by_path(self) -> dict[str, Device]:
        """Every device by its paths."""
        devices = self.printed.devices.values()
        return {f"/dev/{d.kname}": d for d in devices} | {d.path: d for d in devices}

    def _folder(self, folder: str, mount: Mount, above: tuple[str, ...]) -> tuple[Branch, ...]:
        """Below a file system that shows the folder of another one."""
        if folder in above:
            return (Branch(above, Encryption.UNSURE, Message("it stands on itself")),)
        return self.mount(
            _nearest(folder, (m for m in self.printed.mounts if m is not mount)), (*above, folder)
        )

    def _members(self, device: Device) -> list[str]:
        """The devices of the file system on ``device``: several where it spreads."""
        if device.fstype not in SPREAD:
            return [device.kname]
        kernel = [kname for uuid, kname in self.printed.rows("btrfs") if uuid == device.uuid]
        listed = [d.kname for d in self.printed.devices.values() if d.uuid == device.uuid]
        return list(dict.fromkeys([*kernel, *listed]))

    def _below(self, kname: str, above: tuple[str, ...]) -> Iterator[Branch]:
        device = self.printed.devices.get(kname)
        if device is None or device.name in above:
            yield Branch((*above, kname), Encryption.UNSURE, Message("lsblk did not name it"))
            return
        through = (*above, device.name)
        note: Words = ""
        if device.kname.startswith("dm-"):
            encryption, note = self._mapped(device)
            if encryption is not None:
                yield Branch(through, encryption, note)
                return
        if device.parents:
            below = [b for parent in device.parents for b in self._below(parent, through)]
            yield from (
                replace(b, why=b.why or note) if b.encryption is Encryption.PLAIN else b
                for b in below
            )
        else:
            yield from self._leaf(device, through)

    def _mapped(self, device: Device) -> tuple[Encryption | None, Words]:
        """What the device-mapper's table says: the encryption where it decides, and a remark."""
        segments = self.printed.tables.get(device.name)
        if not segments:
            return Encryption.UNSURE, Message("dmsetup did not show its table")
        ciphers = [arguments.split()[0] for target, arguments in segments if target == "crypt"]
        if any("cipher_null" in cipher for cipher in ciphers):
            return None, Message("its cipher is null: nothing is encrypted")
        if len(ciphers) == len(segments):
            return Encryption.CRYPT, ", ".join(dict.fromkeys(ciphers))
        if ciphers:
            return None, Message("only a part of it is encrypted: a re-encryption is not finished")
        return None, ""

    def _leaf(self, device: Device, through: tuple[str, ...]) -> Iterator[Branch]:
        if device.kname.startswith("zram"):
            backing = dict(row for row in self.printed.rows("zram")).get(device.kname, "none")
            if backing == "none":
                yield Branch(through, Encryption.MEMORY)
            else:
                yield from (b.after(through) for b in self.path(backing))
        elif device.kname in self.printed.files_of_loops:
            file = self.printed.files_of_loops[device.kname]
            yield from self.mount(self.mount_of(file), (*through, file))
        elif device.path in self._volumes:
            yield from self.dataset(self._volumes[device.path], through)
        elif device.kname.startswith("ram"):
            yield Branch(through, Encryption.MEMORY)
        else:
            yield Branch(through, Encryption.PLAIN)

    @cached_property
    def _volumes(self) -> dict[str, str]:
        """Device of a ZFS volume -> the volume's name."""
        return {device: name for name, device in self.printed.rows("zvol")}


def _nearest(path: str, mounts: Iterable[Mount]) -> Mount:
    return max((m for m in mounts if m.holds(path)), key=lambda mount: len(mount.target))


def _folders(mount: Mount) -> list[str]:
    """The folders that a file system shows, where it is one that shows others' folders."""
    if mount.fstype in FOLDERS:
        return mount.source.split(":")
    if mount.fstype == "overlay":
        upper = mount.options.get("upperdir")
        return [upper] if upper else mount.options.get("lowerdir", "").split(":")
    return []
