"""What is doubtful in how hosts are reached: an address that is not their own, a key that is none.

Questions, not mistakes: a router's forwarded port is such an address, and a key may lie on another
computer than the one that asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path

from socle.baseline.merge import Merge
from socle.baseline.model import Host, Practice
from socle.baseline.scope import usual
from socle.errors import Problem, short

LAB = "lab.yml"  # machines of a lab get their key when they are made
_PUBLIC = re.compile(rb"(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+ ")


def questions(practice: Practice, merges: Mapping[str, Merge]) -> Iterator[Problem]:
    """What to ask of the connection variables; ``merges``: host -> its values and sources."""
    at: dict[str, int] = {}
    for host in practice.hosts.values():
        at[usual(host.connection.address)] = at.get(usual(host.connection.address), 0) + 1
    for name, host in practice.hosts.items():
        if host.connection.method != "ssh":
            continue
        if at[usual(host.connection.address)] == 1:  # else ports of a router lead to several
            yield from _foreign_address(host, merges[name])
        yield from _no_key(host, merges[name], practice.folder)


def _foreign_address(host: Host, merge: Merge) -> Iterator[Problem]:
    """An ``ansible_host`` that is an address, and none of those in ``socle_addresses``."""
    written, own = merge.sources.get("ansible_host"), merge.sources.get("socle_addresses")
    address = host.connection.address
    if written is None or own is None or merge.values["socle_addresses"] is None:
        return
    try:
        elsewhere = ip_address(address).is_loopback  # a forwarded port of this computer
    except ValueError:
        return  # a name says nothing of addresses
    if elsewhere or usual(address) in map(usual, host.addresses):
        return
    said = ", ".join(host.addresses) or "none"
    yield written.problem(
        (),
        f"one of the addresses of {host.name}; socle_addresses ({own.place()}) has {said}",
        address,
        "Flows of other machines name what socle_addresses says. Where a router leads to\n"
        f"{host.name}, give the router's address a name (/etc/hosts) and write that one here.",
    )


def _no_key(host: Host, merge: Merge, folder: Path) -> Iterator[Problem]:
    """A private key that is not there, or is the public half of one."""
    key, written = host.connection.key_file, merge.sources.get("ansible_ssh_private_key_file")
    if key is None or written is None:
        return
    wanted = ""
    try:
        with key.open("rb") as file:
            if _PUBLIC.match(file.read(200)):
                wanted = "a private key: this file holds a public one"
    except (FileNotFoundError, NotADirectoryError):
        if not (folder / LAB).is_file():
            wanted = "a private key that is on this computer"
    except IsADirectoryError:
        wanted = "the file of a private key, not a folder"
    except OSError:  # another account's: nobody here can say
        return
    if wanted or key.suffix == ".pub":
        yield written.problem((), wanted or "a private key: .pub is the public one", short(key))
