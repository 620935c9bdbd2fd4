"""What pyinfra's own operations leave alone: paths, units and groups that the way in hangs on.

Files and units of rooms, and Socle's own, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from posixpath import normpath

from socle.baseline import managed
from socle.baseline.model import Room
from socle.baseline.removals import CARRIERS

_WAY_IN = (
    "/etc/NetworkManager",
    "/etc/default/ufw",
    "/etc/ferm",
    "/etc/firewalld",
    "/etc/group",
    "/etc/gshadow",
    "/etc/hosts.allow",
    "/etc/hosts.deny",
    "/etc/iptables",
    "/etc/netplan",
    "/etc/network",
    "/etc/nftables.conf",
    "/etc/nologin",
    "/etc/nsswitch.conf",
    "/etc/openvpn",
    "/etc/pam.d",
    "/etc/passwd",
    "/etc/rc.local",
    "/etc/security",
    "/etc/shadow",
    "/etc/shorewall",
    "/etc/shorewall6",
    "/etc/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/systemd/network",
    "/etc/ufw",
    "/etc/wireguard",
    "/etc/wpa_supplicant",
    "/root/.ssh",
    "/run/nologin",
)
_OWN = ("/etc/socle", "/run/socle", "/var/lib/socle")
GROUPS = ("adm", "root", "sudo", "wheel")
_UNITS = (
    *("ssh", "sshd", "dbus", "dbus-broker", "systemd-logind", "systemd-user-sessions"),
    *("ferm", "firehol", "firewalld", "ip6tables", "iptables", "netfilter-persistent", "nftables"),
    *("rc-local", "shorewall", "shorewall6", "ufw", "wpa_supplicant"),
)
"""Units that let somebody in, and that load packet filter rules."""
_TAKE_ALONG = (".scope", ".slice", ".target")
_UNIT_FOLDERS = (
    "/etc/systemd/system/",
    "/run/systemd/system/",
    "/usr/lib/systemd/system/",
    "/usr/local/lib/systemd/system/",
)
_LINKED = {"/lib/": "/usr/lib/", "/var/run/": "/run/"}


class Untouched:
    """What is left alone on one host, by its rooms and the account that the operator uses."""

    def __init__(self, rooms: Iterable[Room], home: str) -> None:
        """``home``: that account's."""
        self.rooms = list(rooms)
        self.places = [*_WAY_IN, f"{home}/.ssh"]
        guarded = [path for room in self.rooms for path in managed.guarded(room.files)]
        carriers = [(_stem(one), one.endswith(".service")) for one in CARRIERS.values()]
        self.units = [
            *_UNITS,
            *(name for name, _ in carriers),
            *(f"{name}*" for name, whole in carriers if not whole),
            *(_stem(unit) for path in guarded for unit in _units_of(path)[:1]),
        ]

    def unit(self, name: str) -> Iterator[str]:
        """Why this unit must be left alone. systemctl takes patterns, too."""
        if name.endswith(_TAKE_ALONG):
            yield f"{name} takes other units along: one of this room's own is for unit(…)"
        unit = _stem(name)
        if unit.startswith("socle-") or fnmatchcase("socle-guard", unit):
            yield f"{unit} is Socle's own: a unit of this room is for unit(…)"
        if any(fnmatchcase(one, unit) or fnmatchcase(unit, one) for one in self.units):
            yield f"{unit} can cut access: reload_ssh or unit(guard=…), and confirm"

    def path(self, path: str, kept: str) -> Iterator[str]:
        """Why the file or folder must be left alone, because of itself or of what is below it.

        ``kept``: what an operation leaves of a folder as it is: "all", what is "below", or nothing.
        """
        for unit in _units_of(path):
            yield from self.unit(unit)
        yield from self._itself(path)
        yield from self._below(f"{path.rstrip('/')}/", kept)

    def _itself(self, path: str) -> Iterator[str]:
        for room in self.rooms:
            if any(path == one.target for entry in room.files for one in entry.sources):
                yield f"{path} is a file of the room {room.name}, which its files.yml lists"
        if any(f"{path}/".startswith(f"{place}/") for place in self.places):
            yield f"{path} can cut access: managed_files(guard=…), and confirm"
        if any(f"{path}/".startswith(f"{place}/") for place in _OWN):
            yield f"{path} is Socle's own"

    def _below(self, above: str, kept: str) -> Iterator[str]:
        for place in [*self.places, *_OWN, *_UNIT_FOLDERS]:
            if place.startswith(above) and kept != "all":
                yield f"{above.rstrip('/') or '/'} holds {place}, which can cut access"
        for room in self.rooms:
            for one in (one for entry in room.files for one in entry.sources):
                if one.target.startswith(above) and not kept:
                    yield (
                        f"{above.rstrip('/') or '/'} holds {one.target}, a file of the room "
                        f"{room.name}"
                    )


def plain(path: str) -> str:
    """A path in one spelling."""
    found = normpath(f"/{path.lstrip('/')}") + "/"
    for link, folder in _LINKED.items():
        if found.startswith(link):
            found = folder + found.removeprefix(link)
    return found.rstrip("/") or "/"


def _stem(unit: str) -> str:
    for end in (".service", ".socket", ".timer"):
        unit = unit.removesuffix(end)
    return unit.partition("@")[0]


def _units_of(path: str) -> list[str]:
    """The units that a file of systemd's is or changes, or that a link there switches on."""
    for folder in _UNIT_FOLDERS:
        if path.startswith(folder):
            parts = path.removeprefix(folder).split("/")
            return [part.removesuffix(".d") for part in parts if not part.endswith(".conf")]
    return []
