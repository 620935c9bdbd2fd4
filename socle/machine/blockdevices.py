"""A machine's disks as it prints them: one command (``blockdevices.sh``), the rest is pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from socle.machine import programs
from socle.machine.blockstack import Stack
from socle.machine.blocktree import Printed

PROGRAM = programs.shell(Path(__file__).parent / "blockdevices.sh")
SECONDS = 120  # a virtual machine without KVM takes its time


def ask(host: Any, folders: Iterable[str] = ()) -> Machine:
    """Ask a host once. Raises ValueError where its answer is incomplete."""
    answer = PROGRAM.run(host, "socle", *folders, timeout=SECONDS)
    return Machine(Printed.of(answer.stdout))


@dataclass(frozen=True)
class Machine:
    """A machine's disks as it printed them."""

    printed: Printed

    @property
    def container(self) -> str:
        """What kind of container this is; empty on a machine with disks of its own."""
        said = self.printed.word("container")
        return "" if said == "none" else said

    @property
    def asked_as_root(self) -> bool:
        """Whether the account could see everything."""
        return self.printed.word("account") == "0"

    @cached_property
    def stack(self) -> Stack:
        """The layers below a path, a mount or a device."""
        return Stack(self.printed)
