"""Whether what lies on a machine's disks is encrypted: file systems, swap, hibernation. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from socle.machine.blockdevices import Machine
from socle.machine.blockstack import SPREAD, Branch, Encryption
from socle.machine.blocktree import Device, Mount
from socle.messages import Message, Words, message

BOOT = ("/boot", "/boot/efi", "/boot/firmware", "/efi")
BOOT_PARTITIONS = (
    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",  # EFI system partition
    "0xef",  # the same in an MBR
    "bc13c2ff-59e6-4262-a352-b275fd6f7172",  # extended boot loader partition
    "de94bba4-06d1-4d40-a16a-bfd50179d6ac",  # Windows' repair tools
)
ENCRYPTED = ("crypto_LUKS", "BitLocker")
MEMBERS = ("LVM2_member", "linux_raid_member", "zfs_member", "bcache", "ddf_raid_member",
           "isw_raid_member", "mpath_member", "drbd")  # fmt: skip
SWAP = ("swap", "swsuspend")
AUTOMOUNTED = ("/media/", "/run/media/")
WHOLE = message("the whole memory")
EMPTY_DATASET = 1 << 20  # bytes; a ZFS dataset without a file refers to some 100 KiB


@dataclass(frozen=True)
class Place:
    """Somewhere data lies: a file system, a swap space. ``amount``: how much, in words."""

    name: Words
    device: str
    kind: Words
    amount: Words
    branches: tuple[Branch, ...]

    @property
    def encryption(self) -> Encryption:
        """The worst of its branches."""
        return min(
            (b.encryption for b in self.branches),
            key=list(Encryption).index,
            default=Encryption.UNSURE,
        )

    def __str__(self) -> str:
        """``/srv on /dev/vdc (ext4, 12.0 MiB used): vdc``, with the branches that decide."""
        return str(self.words)

    @property
    def words(self) -> Message:
        """The same as a message."""
        return message(
            "{name} on {device} ({kind}, {amount}): {encryption}, {branches;}",
            name=self.name,
            device=self.device,
            kind=self.kind,
            amount=self.amount,
            encryption=self.encryption.words,
            branches=[b.words for b in self.branches if b.encryption is self.encryption],
        )


class Disks(Machine):
    """A machine's disks, and every place on them where data lie or may lie."""

    def storage(self) -> list[Place]:
        """Every place that holds or may hold files, /boot and plugged-in USB disks left out."""
        return [*self._mounted(), *self._unmounted(), *self._idle_volumes()]

    def swaps(self) -> list[Place]:
        """Swap spaces in use, and those that are not but hold what was swapped before."""
        active = [
            Place("swap", path, message("in use"), _size(size), self.stack.path(path))
            for path, size in self.printed.swaps
        ]
        used = {path for path, _ in self.printed.swaps}
        return active + [
            self._device_place(message("swap that is not in use"), device)
            for device in self._idle(SWAP)
            if not {device.path, f"/dev/{device.kname}"} & used
        ]

    def hibernation(self) -> Place | None:
        """Where the kernel would write the memory; None where no place is set."""
        number = self.printed.word("resume")
        if number in ("", "0:0"):
            return None
        device = self.stack.by_number.get(number)
        if device is None:
            unsure = Branch((number,), Encryption.UNSURE, message("no such device"))
            return Place(message("hibernation"), number, "resume", WHOLE, (unsure,))
        place = self._device_place(message("hibernation"), device)
        return replace(place, amount=WHOLE)

    def random_swaps(self) -> list[str]:
        """Swap spaces in use whose key is lost at every stop."""
        names = self.printed.random_keys
        found = [d for path, _ in self.printed.swaps if (d := self.stack.by_path.get(path))]
        return [device.path for device in found if device.name in names]

    def left_out(self) -> list[str | Message]:
        """What is not judged, in words: boot partitions, plugged-in disks."""
        boot = [m.target for m in self.printed.mounts if self._is_boot(m)]
        plugged = [d.path for d in self.printed.devices.values() if self._is_left_to_others(d)]
        return [*boot, *(message("{device} (USB)", device=path) for path in plugged)]

    def _mounted(self) -> Iterator[Place]:
        folders = [row[-1] for row in self.printed.rows("paths")]
        wanted = {self.stack.mount_of(folder).target for folder in folders}
        groups: dict[tuple[str, str], list[Mount]] = {}
        for mount in self.printed.mounts:
            if mount.target in wanted or self._on_own_disk(mount):
                groups.setdefault((mount.source, mount.fstype), []).append(mount)
        for mounts in groups.values():
            first = mounts[0]
            name = ", ".join(mount.target for mount in mounts)
            amount = _used(first.used) if first.used is not None else message("amount unknown")
            branches = self.stack.mount(first)
            yield Place(name, first.source, first.fstype, amount, branches)

    def _on_own_disk(self, mount: Mount) -> bool:
        if self._is_boot(mount):
            return False
        if mount.fstype == "zfs":
            return True
        device = self.stack.device_of(mount)
        if device is None or device.type == "rom":
            return False
        return not (self.stack.is_pluggable(device) and mount.target.startswith(AUTOMOUNTED))

    def _is_boot(self, mount: Mount) -> bool:
        device = self.stack.device_of(mount)
        return mount.target in BOOT or (device is not None and device.parttype in BOOT_PARTITIONS)

    def _is_left_to_others(self, device: Device) -> bool:
        """A file system of a plugged-in disk, which removable-media-encrypted judges."""
        mounts = [m for m in self.printed.mounts if self.stack.device_of(m) == device]
        judged = any(self._on_own_disk(mount) for mount in mounts)
        return bool(device.fstype) and self.stack.is_pluggable(device) and not judged

    def _unmounted(self) -> Iterator[Place]:
        for device in self._idle(()):
            if device.fstype in MEMBERS:
                if not self._is_empty_group(device):
                    why = message(
                        "an unused {fstype}, whose content this machine does not show",
                        fstype=device.fstype,
                    )
                    yield self._device_place(message("not in use"), device, why)
            else:
                yield self._device_place(message("not mounted"), device)

    def _idle(self, types: tuple[str, ...]) -> list[Device]:
        """Devices with a signature that nothing uses: of these types, else of all but swap."""
        mounted = {m.number for m in self.printed.mounts} | {m.source for m in self.printed.mounts}
        spread = {
            device.uuid for device in map(self.stack.device_of, self.printed.mounts) if device
        }
        members = {path for paths in self.printed.pools.values() for path in paths}
        return [
            device
            for device in self.printed.devices.values()
            if (device.fstype in types if types else device.fstype not in ("", *SWAP, *ENCRYPTED))
            and not device.has_children
            and not {device.number, device.path} & mounted
            and not (device.fstype in SPREAD and device.uuid in spread)
            and device.path not in members
            and device.type != "rom"
            and device.parttype not in BOOT_PARTITIONS
            and not self.stack.is_pluggable(device)
        ]

    def _is_empty_group(self, device: Device) -> bool:
        """A physical volume of LVM on which no logical volume lies."""
        groups = [row[1:] for row in self.printed.rows("pvs") if row[0] == device.path]
        full = {row[0] for row in self.printed.rows("lvm")}
        return bool(groups) and not any(group in full for words in groups for group in words)

    def _idle_volumes(self) -> Iterator[Place]:
        """Logical volumes and ZFS datasets that are there, hold something, and are not in use."""
        for group, volume, *state in self.printed.rows("lvm"):
            disks = [row[0] for row in self.printed.rows("pvs") if row[1:] == [group]]
            below = [
                b
                for disk in disks
                for b in self.stack.path(disk)
                if b.encryption is Encryption.PLAIN
            ]
            if not state and below:
                why = message("a logical volume that is not active")
                unsure = tuple(replace(b, encryption=Encryption.UNSURE, why=why) for b in below)
                name, amount = message("not in use"), message("amount unknown")
                yield Place(name, f"{group}/{volume}", "LVM", amount, unsure)
        for dataset in self.printed.datasets.values():
            if dataset.idle and dataset.referenced >= EMPTY_DATASET:
                branches = self.stack.dataset(dataset.name)
                amount = _used(dataset.referenced)
                yield Place(message("not mounted"), dataset.name, "zfs", amount, branches)

    def _device_place(self, name: Words, device: Device, unsure: Words = "") -> Place:
        amounts = dict(row for row in self.printed.rows("amounts") if len(row) == 2)  # noqa: PLR2004
        used = amounts.get(device.path)
        amount = _used(int(used)) if used else message("up to {size}", size=_size(device.size))
        branches = self.stack.device(device)
        if unsure:
            branches = tuple(
                replace(b, encryption=Encryption.UNSURE, why=unsure)
                if b.encryption is Encryption.PLAIN
                else b
                for b in branches
            )
        return Place(name, device.path, device.fstype or device.type, amount, branches)


def _used(count: int) -> Message:
    return message("{size} used", size=_size(count))


def _size(count: int | None) -> str:
    """A number of bytes in words: ``12.4 MiB``."""
    size = float(count or 0)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:  # noqa: PLR2004
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
