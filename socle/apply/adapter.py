"""The only module that touches what pyinfra keeps to itself: connections, plan and failures.

Written against pyinfra 3.10 (``pyinfra>=3.10,<4`` in pyproject.toml).
"""

from __future__ import annotations

import atexit
import inspect
import logging
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn

import click
import paramiko.client
from gevent import GreenletExit, Timeout  # type: ignore[import-untyped]
from paramiko import PKey
from paramiko.ssh_exception import IncompatiblePeer
from pyinfra import config, logger, state
from pyinfra import host as current_host
from pyinfra.api import QuoteString, StringCommand, arguments, operations
from pyinfra.api import output as pyinfra_output
from pyinfra.api import util as api_util
from pyinfra.api.exceptions import ConnectError, DeployError, PyinfraError
from pyinfra.api.host import Host as PyinfraHost
from pyinfra.api.operation import OperationMeta
from pyinfra.api.state import StateStage
from pyinfra.api.util import print_host_combined_output
from pyinfra.connectors import ssh, util
from pyinfra.connectors.local import LocalConnector
from pyinfra.connectors.ssh import SSHConnector
from pyinfra.connectors.util import CommandOutput, OutputLine
from pyinfra.context import ctx_state

from socle import bounds, harmless
from socle.apply import journal
from socle.apply.output import BROKEN, Output
from socle.apply.transport import BoundedTransport, held_by_agent, keep_alive, locked
from socle.baseline.connection import needs_agent
from socle.baseline.model import Host, Practice
from socle.baseline.words import unknown
from socle.errors import SocleError

STDIN_MARK = "socle-stdin"
BEGIN = bounds.BEGIN.decode().rstrip()
CONNECT_SECONDS = 45  # for a connection, whatever the other end does
COMMAND_SECONDS = 3600  # for a command that says nothing else
LONGEST_REASON = 300  # characters
GRACE = 10  # seconds more, for all but the output


class Unanswered(Exception):
    """A host did not answer, or its answer was an error. The text is a line for the operator."""

    def __init__(self, text: str) -> None:
        """``text`` may hold the host's own words."""
        super().__init__(harmless.line(text))


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
        # No mark where nothing follows: sudo would try it as the next password.
        stdin = f"{connection.become_password}\n" + (f"{STDIN_MARK}\n{stdin}" if stdin else "")
    words = [QuoteString(word) for word in (script, "socle", *args)]
    return StringCommand(*prefix, "sh", "-c", *words, _stdin=stdin, _timeout=timeout)


class Change(StringCommand):
    """A command that changes its host; if it fails, one line says what, and why not."""

    def __init__(self, command: StringCommand, trying: str) -> None:
        """``trying``: the wish in words that go after "cannot"."""
        super().__init__(*command.bits, **command.connector_arguments)
        self.trying = trying

    def execute(self, *args: Any) -> tuple[bool, CommandOutput]:
        """Run it for pyinfra, which prints the output that is returned."""
        try:
            ok, output = super().execute(*args)
        except BROKEN as error:
            complain(f"cannot {self.trying}: {_broken(error)}")
            return False, CommandOutput([])
        if ok:
            return True, output
        reason = _said(output)[0]
        complain(f"cannot {self.trying}: {reason}")
        return False, CommandOutput([line for line in output if reason not in line.line])


def ask(script: str, *args: str, timeout: int = 60) -> list[str]:
    """Run a read-only script as root on the current host and return its output lines.

    Raises:
        Unanswered: it failed, or took longer than ``timeout`` seconds.
    """
    return _answer(current_host.connector, script, args, timeout)


def ask_anew(script: str, *args: str, timeout: int = 30) -> list[str]:
    """Like :func:`ask`, over a new connection: proof that one can still get in and become root.

    Raises:
        Unanswered: no connection, no root, or the script failed.
    """
    if resolved_host().connection.method == "local":
        return _answer(current_host.connector, script, args, timeout)
    connector: Any = type(current_host.connector)(state, current_host)
    try:
        connector.connect()
        return _answer(connector, script, args, timeout)
    except ConnectError as error:
        raise Unanswered(str(error)) from error
    finally:
        if connector.client is not None:
            connector.client.close()


def _answer(connector: Any, script: str, args: tuple[str, ...], timeout: int) -> list[str]:
    """The lines that a script printed, without what a login shell says before it."""
    command = command_as_root(bounds.SAY_BEGIN + script, *args, timeout=timeout)
    arguments = dict(command.connector_arguments)
    try:
        ok, output = connector.run_shell_command(StringCommand(*command.bits), **arguments)
    except BROKEN as error:
        raise Unanswered(_broken(error)) from error
    if not ok:
        raise Unanswered("; ".join(_said(output)[-3:]))
    lines = list(output.stdout_lines)
    for number, line in enumerate(lines, start=1):
        if line.endswith(BEGIN):
            return lines[number:]
    said = lines[0][:LONGEST_REASON] if lines else "nothing"
    raise Unanswered(f"it does not run what it is asked, but answers: {said}")


def _broken(error: Exception) -> str:
    """Why a command has no exit status."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, bounds.TooLarge):
        return str(error)
    return f"the connection broke ({error or type(error).__name__})"


def _said(output: CommandOutput) -> list[str]:
    """What a failed command said, the reason first; never empty."""
    said = [line.strip()[:LONGEST_REASON] for line in output.stderr_lines or output.stdout_lines]
    lines = [line for line in said if line and not line.endswith(BEGIN)]
    for line in reversed(lines):
        if re.match(r"sudo: .*password", line):
            user = resolved_host().connection.user
            return [f"sudo refuses {user}: {line.removeprefix('sudo: ')}"]
    telling = [line for line in lines if not line.startswith(("W: ", "sudo: unable to resolve"))]
    telling.sort(key=lambda line: "It is held by process" not in line)  # who holds apt's lock
    return [line.removeprefix("E: ") for line in telling] or ["the host gave no reason"]


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
    for line in text.split("\n"):
        logger.info(f"{current_host.print_prefix}{line}")


def say_at_the_end(text: str) -> None:
    """Print for the current host after everything else, where nobody scrolls past it."""
    lines = [f"{current_host.print_prefix}{line}" for line in text.splitlines()]
    atexit.register(logger.info, "\n".join(lines))


def words_of(name: str) -> list[str]:
    """What the operator gave as ``--data NAME=WORD[,WORD]``."""
    return str(current_host.data.get(name) or "").split(",")


def complain(text: str) -> None:
    """Print an error of the current host."""
    current_host.log_styled(harmless.block(text), fg="red", log_func=logger.error)


def once_per_host(make: Callable[[], Any]) -> Any:
    """The value ``make`` returned the first time for the current host in this run."""
    host: PyinfraHost = current_host
    return host.connector_data.setdefault(f"socle_{make.__name__}", None) or _remember(host, make)


def _remember(host: PyinfraHost, make: Callable[[], Any]) -> Any:
    value = host.connector_data[f"socle_{make.__name__}"] = make()
    return value


def leave_out(reason: str) -> NoReturn:
    """Go on without the current host: it counts as failed, and nothing has been changed on it."""
    complain(reason)
    run: Any = state
    run.fail_hosts({state.inventory.get_host(current_host.name)})
    raise GreenletExit  # ends this host's plan; any other exception would end everybody's


def refuse(reason: str) -> NoReturn:
    """End the run for all hosts, before anything has been changed on any.

    For mistakes of the practice's files alone: what one host says must not stop the others,
    see :func:`leave_out`.

    Raises:
        DeployError: always; pyinfra ends with 1.
    """
    complain(reason)
    raise DeployError("nothing has been changed on any host")


def take_over() -> None:
    """Replace what pyinfra does when a run cannot go on. Called when this package is imported."""
    signal.signal(signal.SIGINT, _interrupted)
    atexit.register(_tell_failed)
    atexit.register(_record)
    _show_text_alone()
    # It would ask the terminal for a sudo password, then not use it. Ours come from the practice.
    setattr(util, "SUDO_PASSWORD_REQUIRED_LINES", ())  # noqa: B010 - typed as a pair
    setattr(SSHConnector, "connect", _connect)  # noqa: B010 - to mypy, a method
    setattr(ssh, "get_private_key", _private_key)  # noqa: B010
    setattr(paramiko.client, "Transport", BoundedTransport)  # noqa: B010
    for connector in (SSHConnector, LocalConnector):
        setattr(connector, "run_shell_command", _bounded(connector.run_shell_command))  # noqa: B010
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
    _plan_for_all()
    _refuse_an_empty_scope()


def _name_operations_quickly() -> None:
    """pyinfra names an operation after the lines that led to it, and reads all their files again.

    It uses the numbers alone, so it need not look for the text: half of a plan's time.
    """
    setattr(api_util, "stack", partial(inspect.stack, 0))  # noqa: B010 - as above
    setattr(api_util, "getframeinfo", partial(inspect.getframeinfo, context=0))  # noqa: B010
    setattr(arguments, "all_global_arguments", cache(arguments.all_global_arguments))  # noqa: B010


def _plan_for_all() -> None:
    """ "One of more hosts failed, continue?" is no question where nothing will be changed."""
    if _under_pyinfra() and dry_run():
        config.FAIL_PERCENT = None


def _show_text_alone() -> None:
    """What pyinfra prints gives the terminal no order; what hosts said has no colour either."""
    setattr(operations, "print_host_combined_output", _print_output)  # noqa: B010 - as above
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
    """End with 2 where words or an inventory name no host; pyinfra itself ends with 0.

    The checkout's config.py imports us before the inventory is read, the inventory itself does so
    when pyinfra is called elsewhere.
    """
    cli: Any = sys.modules.get("pyinfra_cli.cli")
    if cli is None:
        return
    matches, exclude, make = (getattr(cli, name) for name in _SCOPE)

    def matching(inventory: Any, patterns: Iterable[str], option: str) -> list[PyinfraHost]:
        groups = list(inventory.groups)
        for pattern in patterns:
            if not matches(inventory, [pattern], option):
                known = [*(host.name for host in inventory), *filter(inventory.get_group, groups)]
                _end(
                    f"{option}: expected {unknown('host or group', pattern, known)}, read {pattern}"
                )
        return list(matches(inventory, patterns, option))

    def remaining(*words: Any) -> list[PyinfraHost] | None:
        hosts: list[PyinfraHost] | None = exclude(*words)
        return hosts if hosts is None or hosts else _end("--exclude: expected a host to be left")

    def made(inventory: str, **words: Any) -> Any:
        path = Path(inventory)
        if path.exists() and path.suffix != ".py":
            _end(f"{inventory}: expected the inventory.py of a practice")
        found = make(inventory, **words)
        if not len(found):
            _end(f"{inventory}: expected the inventory.py of a practice, with hosts")
        _plan_for_all()
        return found

    for name, ours in zip(_SCOPE, (matching, remaining, made), strict=True):
        setattr(cli, name, ours)


_SCOPE = ("_get_inventory_pattern_matches", "_apply_inventory_exclude", "make_inventory")
"""What pyinfra's command line calls to find out which hosts are meant."""


def _end(reason: str) -> NoReturn:
    """End before any host is asked."""
    logger.error(reason)
    sys.exit(2)


_pyinfra_connect = SSHConnector.connect
_pyinfra_private_key = ssh.get_private_key
_pyinfra_operate = operations.run_host_op


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
    """A connector's ``run_shell_command`` that ends, and that tells a lost connection."""

    def run_shell_command(
        connector: Any, *args: Any, **arguments: Any
    ) -> tuple[bool, CommandOutput]:
        seconds = arguments["_timeout"] = arguments.get("_timeout") or COMMAND_SECONDS
        with Timeout(seconds + GRACE, TimeoutError()):
            ok, output = run(connector, *args, **arguments)
        client = getattr(connector, "client", None)
        if not ok and client is not None:
            transport = client.get_transport()
            if transport is None or not transport.is_active():
                raise ConnectionError("the host went away")
        return ok, output

    return run_shell_command


def _read_output(
    stdout: Any, stderr: Any, timeout: float | None, print_output: bool, print_prefix: str
) -> CommandOutput:
    """What a command says, for pyinfra, which has no limit of its own. Raises as Output does."""
    output = Output(partial(_tell, print_prefix) if print_output else None)
    output.read(stdout, stderr, timeout)
    return CommandOutput([OutputLine(name, text) for name, text in output.lines])


def _tell(prefix: str, text: str) -> None:
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
        if isinstance(error, DeployError) or type(error) is PyinfraError:  # the run ends
            raise
        leave_out(f"it cannot be planned: {_where(error)}")


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


def _interrupted(*_: object) -> NoReturn:
    """Ctrl-C ends the run with 130; pyinfra would end it with 0, as if all were done."""
    logger.error("Interrupted. What was begun is complete or will undo itself; run it again.")
    sys.exit(130)


def _tell_failed() -> None:
    """The last word: pyinfra's table of results is silent about hosts that it could not reach."""
    names = sorted(host.name for host in state.failed_hosts) if _has_hosts() else []
    if names:
        logger.error(f"--> Failed: {', '.join(names)}. The reason stands above, at the name.")


def _record() -> None:
    """Keep that this run applied something, or tried to: what is verified later is seen with it.

    A plan is none, nor is a run that was refused or not confirmed, nor `pyinfra … exec`.
    """
    applies = _has_hosts() and not dry_run() and "exec" not in sys.argv
    if not applies or state.current_stage < StateStage.Execute:
        return
    tried = [h for h in state.activated_hosts | state.failed_hosts if h.data.get("socle_host")]
    if not tried:
        return
    hosts = {host.data.socle_host.name: _applied(host) for host in tried}
    try:
        journal.record(tried[0].data.socle_practice, hosts)
    except (OSError, SocleError) as error:
        logger.warning(f"This run is not in the practice's history: {error}")


def _applied(host: PyinfraHost) -> journal.Applied:
    done = [operation.operation_meta for operation in state.ops[host].values()]
    count = sum(meta.is_complete() and meta.did_change() for meta in done)
    return journal.Applied(count, host in state.failed_hosts)


def _has_hosts() -> bool:
    """Whether the run got as far as its inventory."""
    return _under_pyinfra() and bool(state.initialised)


def _under_pyinfra() -> bool:
    """Whether there is a run; this package may be imported without one."""
    context: Any = ctx_state
    return bool(context.isset())
