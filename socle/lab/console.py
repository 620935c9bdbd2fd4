"""Commands inside a machine without its network: from this computer into its namespaces."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

from socle.lab.commands import environment
from socle.lab.errors import LabError

_ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "USER=root",
    "LOGNAME=root",
    "LANG=C.UTF-8",
    "DEBIAN_FRONTEND=noninteractive",
)


def execute(
    init: int, command: str, stdin: str = "", timeout: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run a shell command as root beside PID ``init`` of a machine.

    ``timeout`` is in seconds; beyond it the command's processes are killed and ``LabError``
    raised. A failing command is not an error: look at ``returncode``.
    """
    enter = ["nsenter", "--target", str(init), "--all", "--"]
    words = [*enter, "env", "-i", *_ENVIRONMENT, "sh", "-c", command]
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(stdin, timeout)
        except BaseException as reason:
            # The shell inside is nsenter's child; only the group reaches both.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(reason, subprocess.TimeoutExpired):
                raise LabError(f"no end after {timeout:g} s: {command}") from reason
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)
