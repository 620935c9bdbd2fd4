"""The only module that touches what pyinfra keeps to itself: connections, plan and failures.

Written against pyinfra 3.10 (``pyinfra>=3.10,<4`` in pyproject.toml). Below is all that is used of
it beyond its documentation. What is marked (1957) ends with gevent and paramiko, which pyinfra's
issue 1957 replaces by asyncio and asyncssh; so do output.py, transport.py, ``current.leave_out``.

Connections (1957)
    ``pyinfra.connectors.ssh``: ``ssh.get_private_key``, ``ssh.read_output_buffers``.
    ``pyinfra.connectors.ssh.SSHConnector``: ``connect``, ``client``, ``run_shell_command``,
    ``put_file``, ``get_file``; the last three of ``pyinfra.connectors.local.LocalConnector``, too.
    ``pyinfra.connectors.util``: ``util.read_output_buffers``, ``util.echo``,
    ``util.make_unix_command_for_host``, ``util.extract_control_arguments``,
    ``util.SUDO_PASSWORD_REQUIRED_LINES``, ``CommandOutput``, ``OutputLine``.
    ``Host.connector``, and ``Host.connector_data`` in current.py.
Plan and failures
    ``pyinfra.api.operations.run_host_op`` (1957). ``pyinfra.context.ctx_state``.
    ``pyinfra.api.state.StateStage``; ``State.current_stage``, ``ops``, ``fail_hosts``,
    ``failed_hosts``, ``activated_hosts``, ``initialised``, ``private_keys``, here and in ending.py.
    ``pyinfra_cli.util._parallel_load_hosts`` (1957: its greenlets).
    ``pyinfra_cli.cli``: ``_get_inventory_pattern_matches``, ``_apply_inventory_exclude``,
    ``make_inventory``, ``_prepare_deploy_operations``, ``_prepare_func_operations``.
    ``pyinfra.api.arguments.all_global_arguments``. In stock.py ``_inner`` of an operation, and
    ``pyinfra.operations.apt.noninteractive_apt``.
    ``pyinfra.api.facts.get_fact``, also as a name of ``pyinfra.api.host``.
    ``pyinfra.api.util``: ``stack``, ``getframeinfo``.
What it prints
    ``pyinfra.api.output``: ``is_output_active``, ``set_echo``.
    ``pyinfra.api.util.print_host_combined_output``, also as a name of ``operations`` and ``facts``.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import click
import paramiko.client
from gevent import Timeout  # type: ignore[import-untyped]
from paramiko import PKey
from paramiko.ssh_exception import IncompatiblePeer
from pyinfra import host as current_host
from pyinfra import logger, state
from pyinfra.api import Host as PyinfraHost
from pyinfra.api import State, StringCommand, arguments, facts, operations
from pyinfra.api import host as api_host
from pyinfra.api import output as pyinfra_output
from pyinfra.api import util as api_util
from pyinfra.api.exceptions import ConnectError, PyinfraError
from pyinfra.api.state import StateStage
from pyinfra.api.util import print_host_combined_output
from pyinfra.connectors import ssh, util
from pyinfra.connectors.local import LocalConnector
from pyinfra.connectors.ssh import SSHConnector
from pyinfra.connectors.util import CommandOutput, OutputLine
from pyinfra.context import ctx_state

from socle import harmless
from socle.apply import current, root, scope
from socle.apply.output import Output
from socle.apply.transfer import get_file, put_file
from socle.apply.transport import BoundedTransport, held_by_agent, keep_alive, locked
from socle.baseline.connection import needs_agent
from socle.errors import SocleError

CONNECT_SECONDS = 45  # for a connection, whatever the other end does
COMMAND_SECONDS = 3600  # for a command that says nothing else
FACT_SECONDS = 60  # for a fact that says nothing else
GRACE = 10  # seconds more, for all but the output


Answer = CommandOutput
"""What a command says, as pyinfra hands it on."""


def applies() -> bool:
    """Whether the run got as far as its first change."""
    return bool(state.current_stage >= StateStage.Execute)


@contextmanager
def connected_anew() -> Iterator[Any]:
    """A second connector for the current host, which ends with this. Raises ConnectError."""
    connector: Any = type(current_host.connector)(state, current_host)
    try:
        connector.connect()
        yield connector
    finally:
        if connector.client is not None:
            connector.client.close()


def take_over() -> None:
    """Replace what pyinfra does when a run cannot go on. Called when this package is imported."""
    _show_text_alone()
    # It would ask the terminal for a sudo password, then not use it. Ours come from the practice.
    setattr(util, "SUDO_PASSWORD_REQUIRED_LINES", ())  # noqa: B010 - typed as a pair
    setattr(SSHConnector, "connect", _connect)  # noqa: B010 - to mypy, a method
    setattr(ssh, "get_private_key", _private_key)  # noqa: B010
    setattr(paramiko.client, "Transport", BoundedTransport)  # noqa: B010
    for connector in (SSHConnector, LocalConnector):
        setattr(connector, "run_shell_command", _bounded(connector.run_shell_command))  # noqa: B010
        setattr(connector, "put_file", put_file)  # noqa: B010
        setattr(connector, "get_file", get_file)  # noqa: B010
    for module in (api_host, facts):
        setattr(module, "get_fact", _fact)  # noqa: B010
    for module in (ssh, util):
        setattr(module, "read_output_buffers", _read_output)  # noqa: B010
    setattr(operations, "run_host_op", _operate)  # noqa: B010
    _name_operations_quickly()
    if "--debug" not in sys.argv:
        # What paramiko prints as tracebacks, it also raises: each host's sentence says it.
        logging.getLogger("paramiko.transport").setLevel(logging.CRITICAL)
    cli: Any = sys.modules.get("pyinfra_cli.util")
    if cli is not None:
        cli._parallel_load_hosts = partial(_plan_hosts, cli._parallel_load_hosts)
    run: Any = ctx_state
    if run.isset():  # this package may be imported without one
        scope.settle()
    _refuse_an_empty_scope()


def _name_operations_quickly() -> None:
    """pyinfra names an operation after the lines that led to it, and reads all their files again.

    It uses names and numbers alone, so it need not look for the files: half of a plan's time.
    """
    setattr(api_util, "stack", _frames)  # noqa: B010 - as above
    setattr(api_util, "getframeinfo", _line)  # noqa: B010
    setattr(arguments, "all_global_arguments", cache(arguments.all_global_arguments))  # noqa: B010


def _frames() -> list[tuple[FrameType]]:
    """The frames that led to the caller, its own first; of `inspect.stack`, what pyinfra uses."""
    found, frame = [], sys._getframe(1)
    while frame is not None:
        found.append((frame,))
        frame = frame.f_back  # type: ignore[assignment]
    return found


def _line(frame: FrameType) -> SimpleNamespace:
    """Where a frame is; of `inspect.getframeinfo`, what pyinfra uses."""
    return SimpleNamespace(filename=frame.f_code.co_filename, lineno=frame.f_lineno)


def _show_text_alone() -> None:
    """What pyinfra prints gives the terminal no order; what hosts said has no colour either."""
    for module in (operations, facts):
        setattr(module, "print_host_combined_output", _print_output)  # noqa: B010 - as above
    logger.addFilter(_as_text)
    if pyinfra_output.is_output_active():
        pyinfra_output.set_echo(
            lambda message="", **how: click.echo(harmless.coloured(message), **how)
        )


def _print_output(host: PyinfraHost, output: CommandOutput) -> None:
    lines = [OutputLine(one.buffer_name, harmless.line(one.line)) for one in output]
    print_host_combined_output(host, CommandOutput(lines))


def _as_text(record: logging.LogRecord) -> bool:
    """A filter of Python's logging that keeps every record."""
    record.msg, record.args = harmless.coloured(record.getMessage()), ()
    return True


def _refuse_an_empty_scope() -> None:
    """Stand before what pyinfra's command line calls to find out which hosts are meant, and why."""
    cli = sys.modules.get("pyinfra_cli.cli")
    if cli is None:
        return
    for name, ours in (
        ("_get_inventory_pattern_matches", scope.matching),
        ("_apply_inventory_exclude", scope.remaining),
        ("make_inventory", scope.made),
        ("_prepare_deploy_operations", scope.planned),
        ("_prepare_func_operations", scope.planned),
    ):
        setattr(cli, name, partial(ours, getattr(cli, name)))


_pyinfra_connect = SSHConnector.connect
_pyinfra_private_key = ssh.get_private_key
_pyinfra_operate = operations.run_host_op
_pyinfra_fact = facts.get_fact


def _connect(connector: SSHConnector) -> None:
    """Connect; whatever goes wrong is that host's failure, not everybody's."""
    try:
        with Timeout(CONNECT_SECONDS, TimeoutError(f"not done within {CONNECT_SECONDS} s")):
            _pyinfra_connect(connector)
    except ConnectError as error:
        if isinstance(error.__context__, IncompatiblePeer):
            raise ConnectError(
                f"its SSH server offers only outdated algorithms ({error.__context__}): "
                "update it, or its configuration"
            ) from error
        raise
    except Exception as error:
        raise ConnectError(str(error) or type(error).__name__) from error
    transport = connector.client.get_transport() if connector.client else None
    if transport is not None:
        keep_alive(transport)


def _private_key(state: Any, key_filename: str, key_password: str) -> PKey:
    """A key with a passphrase comes from ssh-agent, or from the terminal if there is one."""
    file = Path(key_filename)
    if key_filename not in state.private_keys and locked(file):
        held = held_by_agent(file)
        if held is not None:
            return held  # over a connection to the agent that no other host uses
        if not sys.stdin.isatty():
            raise PyinfraError(needs_agent(file))
    return _pyinfra_private_key(state, key_filename, key_password)


def _bounded(run: Callable[..., tuple[bool, CommandOutput]]) -> Callable[..., Any]:
    """A connector's ``run_shell_command``: as root, with an end, without what others say first.

    Raises:
        OSError: the host went away, or did not run the command.
    """

    def run_shell_command(
        connector: Any, command: StringCommand, print_output: bool = False,
        print_input: bool = False, **arguments: Any,
    ) -> tuple[bool, CommandOutput]:  # fmt: skip
        ours = connector.host.data.get("socle_host")
        if ours is not None:
            words = root.for_whom(arguments)
            control = util.extract_control_arguments(words)
            inner = util.make_unix_command_for_host(
                connector.state, connector.host, command, **words
            )
            command, stdin = root.as_root(ours.connection, inner, control.get("_stdin"))
            # A terminal would show the input.
            arguments = {**control, "_stdin": stdin, "_get_pty": False}
        seconds = arguments["_timeout"] = arguments.get("_timeout") or COMMAND_SECONDS
        with Timeout(seconds + GRACE, TimeoutError()):
            ok, output = run(connector, command, print_output, print_input, **arguments)
        client = getattr(connector, "client", None)
        if not ok and client is not None:
            transport = client.get_transport()
            if transport is None or not transport.is_active():
                raise ConnectionError("the host went away")
        return ok, output if ours is None else CommandOutput(root.answer(ok, output))

    return run_shell_command


def _fact(
    run: State, host: PyinfraHost, fact: Any, args: Any = None, kwargs: Any = None, **options: Any
) -> Any:
    """A fact; one that did not come is no answer, where pyinfra would go on with an empty one."""
    words = {"_timeout": FACT_SECONDS, **(kwargs or {})}
    found = _pyinfra_fact(run, host, fact, args, words, **options)
    if host in run.failed_hosts:
        raise SocleError(f"{fact.name}: the host does not answer")
    return found


def _read_output(
    stdout: Any, stderr: Any, timeout: float | None, print_output: bool, print_prefix: str
) -> CommandOutput:
    """What a command says, for pyinfra, which has no limit of its own. Raises as Output does."""
    output = Output(partial(_tell, print_prefix) if print_output else None)
    output.read(stdout, stderr, timeout)
    return CommandOutput([OutputLine(name, text) for name, text in output.lines])


def _tell(prefix: str, text: str) -> None:
    if not text.endswith(root.BEGIN):
        util.echo(f"{prefix}{text}", err=True)


def _plan_hosts(
    load_hosts: Callable[..., None], run: Any, load: Callable[[], None], name: str
) -> None:
    """Load deploy.py for every host; what fails for one leaves out that one."""
    load_hosts(run, partial(_plan, load), name)


def _plan(load: Callable[[], None]) -> None:
    try:
        load()
    except Exception as error:
        if type(error) is PyinfraError:  # the run ends
            raise
        current.leave_out(f"it cannot be planned: {_where(error)}")


def _operate(run: Any, host: PyinfraHost, operation: str) -> bool:
    """Run one operation on one host; whatever goes wrong is that host's failure."""
    try:
        return _pyinfra_operate(run, host, operation)
    except Exception as error:
        host.log_styled(f"cannot go on: {_where(error)}", fg="red", log_func=logger.error)
        return False


def _where(error: Exception) -> str:
    """What was raised, and in which file of ours; all of it with ``--debug``."""
    cause = getattr(error, "exception", error)  # pyinfra's wrapping
    logger.debug("".join(traceback.format_exception(cause)))
    frames = traceback.extract_tb(cause.__traceback__)
    ours = [one for one in frames if "site-packages" not in one.filename]
    place = f" ({Path(ours[-1].filename).name}, line {ours[-1].lineno})" if ours else ""
    return f"{cause if isinstance(cause, SocleError) else repr(cause)}{place}"
