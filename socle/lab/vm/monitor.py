"""QEMU's control socket (QMP): one command, one answer."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from socle.lab.errors import LabError

ANSWER_SECONDS = 60.0
JOB_SECONDS = 120.0


class Monitor:
    """A conversation with one QEMU."""

    def __init__(self, link: socket.socket) -> None:
        """Shake hands. ``OSError`` when QEMU does not."""
        self._stream = link.makefile("rw", encoding="utf-8")
        self._read()
        self("qmp_capabilities")

    def __call__(self, command: str, **arguments: Any) -> Any:
        """Give a command (``_`` in argument names stands for ``-``) and return the answer.

        ``LabError`` when QEMU refuses, ends, or says nothing for ``ANSWER_SECONDS``.
        """
        words = {name.replace("_", "-"): value for name, value in arguments.items()}
        try:
            print(
                json.dumps({"execute": command, "arguments": words}), file=self._stream, flush=True
            )
            while "event" in (answer := self._read()):
                pass
        except OSError as error:
            raise LabError(f"QEMU: {command}: {error}") from error
        if "error" in answer:
            raise LabError(f"QEMU: {command}: {answer['error']['desc']}")
        return answer["return"]

    def human(self, line: str) -> str:
        """Give a command of QEMU's monitor for people, and return its text."""
        return str(self("human-monitor-command", command_line=line))

    def job(self, command: str, **arguments: Any) -> None:
        """Run a background job to its end. ``LabError`` when it fails or lasts too long."""
        name = command
        self(command, job_id=name, **arguments)
        limit = time.monotonic() + JOB_SECONDS
        while True:
            job = next(job for job in self("query-jobs") if job["id"] == name)
            if job["status"] == "concluded":
                self("job-dismiss", id=name)
                if "error" in job:
                    raise LabError(f"QEMU: {command}: {job['error']}")
                return
            if time.monotonic() > limit:
                raise LabError(f"QEMU: {command}: no end after {JOB_SECONDS:g} s")
            time.sleep(0.05)

    def _read(self) -> dict[str, Any]:
        line = self._stream.readline()
        if not line:
            raise OSError("QEMU has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def connected(folder: Path, name: str) -> Iterator[socket.socket]:
    """A connection to the socket ``folder/name``, however long that path is."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(ANSWER_SECONDS)
        handle = os.open(folder, os.O_PATH)
        try:
            link.connect(f"/proc/self/fd/{handle}/{name}")
        finally:
            os.close(handle)
        yield link


@contextmanager
def monitor(folder: Path) -> Iterator[Monitor]:
    """The monitor of the QEMU whose files are in ``folder``. ``LabError`` when none runs there."""
    try:
        with connected(folder, "qmp.sock") as link:
            yield Monitor(link)
    except OSError as error:
        raise LabError(f"QEMU of {folder.name} does not answer: {error}") from error
