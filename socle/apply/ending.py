"""How a run of pyinfra ends: its exit code, its last words, its line in the practice's history."""

from __future__ import annotations

import atexit
import signal
import sys
from typing import NoReturn

from pyinfra import logger, state
from pyinfra.api import Host as PyinfraHost

from socle.apply import adapter, journal
from socle.apply.current import dry_run
from socle.errors import SocleError


def take_over() -> None:
    """Say how a run ended, where pyinfra is silent. Called when this package is imported."""
    signal.signal(signal.SIGINT, _interrupted)
    atexit.register(_tell_failed)
    atexit.register(_record)


def _interrupted(*_: object) -> NoReturn:
    """Ctrl-C ends the run with 130; pyinfra would end it with 0, as if all were done."""
    logger.error("Interrupted. What was begun is complete or will undo itself; run it again.")
    sys.exit(130)


def _tell_failed() -> None:
    """The last word: pyinfra's table of results is silent about hosts that it could not reach."""
    names = sorted(host.name for host in state.failed_hosts) if state.initialised else []
    if names:
        logger.error(f"--> Failed: {', '.join(names)}. The reason stands above, at the name.")


def _record() -> None:
    """Keep that this run applied something, or tried to: what is verified later is seen with it.

    A plan is none, nor is a run that was refused or not confirmed, nor `pyinfra … exec`.
    """
    if not adapter.applies() or dry_run() or "exec" in sys.argv:
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
