"""The only module that touches what pyinfra keeps to itself: connections, plan and signals.

Written against pyinfra 3.10 (``pyinfra>=3.10,<4`` in pyproject.toml).
"""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from pyinfra import host as current_host
from pyinfra import logger, state
from pyinfra.api import QuoteString, StringCommand
from pyinfra.api.exceptions import ConnectError, DeployError
from pyinfra.api.host import Host as PyinfraHost
from pyinfra.api.operation import OperationMeta

from socle.baseline.model import Host, Practice

STDIN_MARK = "socle-stdin"


class Refused(DeployError):
    """The run must not go on: nothing has been changed on this host."""


class Unanswered(Exception):
    """A host did not answer, or its answer was an error. The text is for the operator."""


def resolved_host() -> Host:
    """The host being deployed, with its checked settings."""
    host: Host = current_host.data.socle_host
    return host


def practice() -> Practice:
    """The practice being deployed."""
    found: Practice = current_host.data.socle_practice
    return found


def command_as_root(script: str, *args: str, stdin: str = "", timeout: int = 600) -> StringCommand:
    """A command that runs ``script`` (POSIX sh) as root, ``args`` as ``$1`` on.

    A sudo password goes by standard input, never into a command line or an environment that
    another account could read. sudo reads it only when it wants one, so the script skips all up
    to a mark.

    Args:
        stdin: text for the script; this is where contents belong.
        timeout: seconds after which the command counts as failed.
    """
    connection = resolved_host().connection
    prefix = ["sudo", "-n", "--"] if connection.become else []
    if connection.become and connection.become_password is not None:
        prefix = ["sudo", "-S", "-k", "-p", "''", "--"]
        script = f'while read -r l && [ "$l" != {STDIN_MARK} ]; do :; done\n{script}'
        stdin = f"{connection.become_password}\n{STDIN_MARK}\n{stdin}"
    words = [QuoteString(word) for word in (script, "socle", *args)]
    return StringCommand(*prefix, "sh", "-c", *words, _stdin=stdin, _timeout=timeout)


def ask(script: str, *args: str, timeout: int = 60) -> list[str]:
    """Run a read-only script as root on the current host and return its output lines.

    Raises:
        Unanswered: it failed, or took longer than ``timeout`` seconds.
    """
    _tune(current_host.connector)
    return _run(current_host.connector, command_as_root(script, *args, timeout=timeout))


def ask_anew(script: str, *args: str, timeout: int = 30) -> list[str]:
    """Like :func:`ask`, over a new connection: proof that one can still get in and become root.

    Raises:
        Unanswered: no connection, no root, or the script failed.
    """
    command = command_as_root(script, *args, timeout=timeout)
    if resolved_host().connection.method == "local":
        return _run(current_host.connector, command)
    connector: Any = type(current_host.connector)(state, current_host)
    try:
        connector.connect()
        return _run(connector, command)
    except ConnectError as error:
        raise Unanswered(str(error)) from error
    finally:
        if connector.client is not None:
            connector.client.close()


def _run(connector: Any, command: StringCommand) -> list[str]:
    arguments = dict(command.connector_arguments)
    try:
        ok, output = connector.run_shell_command(StringCommand(*command.bits), **arguments)
    except (TimeoutError, OSError, EOFError) as error:
        raise Unanswered(f"no answer ({type(error).__name__})") from error
    if not ok:
        lines = output.stderr_lines or output.stdout_lines or ["no output"]
        raise Unanswered("; ".join(lines[-3:]))
    return list(output.stdout_lines)


def _tune(connector: Any) -> None:
    """Send small packets at once: Nagle against delayed ACK costs 40 ms an execution."""
    client = getattr(connector, "client", None)
    if client is not None:
        with suppress(OSError, AttributeError):  # a proxied connection has no TCP socket
            client.get_transport().sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def changed(meta: OperationMeta) -> bool:
    """Whether an operation changed its host; while planning, whether it would."""
    return bool(meta.did_change() if meta.is_complete() else meta.will_change)


def dry_run() -> bool:
    """Whether this run only plans."""
    return "--dry" in sys.argv or ("--json" in sys.argv and not {"-y", "--yes"} & set(sys.argv))


def wants_diff() -> bool:
    """Whether the operator asked to see differences (``--diff``)."""
    return bool(state.config.DIFF)


def say(text: str) -> None:
    """Print for the current host, where pyinfra prints."""
    for line in text.splitlines():
        logger.info(f"{current_host.print_prefix}{line}")


def complain(text: str) -> None:
    """Print an error of the current host."""
    current_host.log_styled(text, fg="red", log_func=logger.error)


def once_per_host(make: Callable[[], Any]) -> Any:
    """The value ``make`` returned the first time for the current host in this run."""
    host: PyinfraHost = current_host
    return host.connector_data.setdefault(f"socle_{make.__name__}", None) or _remember(host, make)


def _remember(host: PyinfraHost, make: Callable[[], Any]) -> Any:
    value = host.connector_data[f"socle_{make.__name__}"] = make()
    return value


def exit_on_interrupt() -> None:
    """Ctrl-C ends the run with 130; pyinfra would end it with 0, as if all were done."""

    def stop(*_: object) -> NoReturn:
        logger.error("Interrupted. What was begun is complete or will undo itself; run it again.")
        sys.exit(130)

    signal.signal(signal.SIGINT, stop)
