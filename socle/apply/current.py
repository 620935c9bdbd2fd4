"""The host being deployed: its settings, what this run knows of it, and what it tells of it."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from gevent import GreenletExit  # type: ignore[import-untyped]
from pyinfra import host as current_host
from pyinfra import logger, state
from pyinfra.api import Host as PyinfraHost
from pyinfra.api.operation import OperationMeta

from socle import harmless
from socle.baseline.model import Host, Practice


def resolved_host() -> Host:
    """The host being deployed, with its checked settings."""
    host: Host = current_host.data.socle_host
    return host


def practice() -> Practice:
    """The practice being deployed."""
    found: Practice = current_host.data.socle_practice
    return found


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


def asked(host: PyinfraHost) -> bool:
    """Whether this run has asked ``host`` what the rooms compare."""
    return any(name.startswith("socle_") for name in host.connector_data)


def _remember(host: PyinfraHost, make: Callable[[], Any]) -> Any:
    value = host.connector_data[f"socle_{make.__name__}"] = make()
    return value


def leave_out(reason: str) -> NoReturn:
    """Go on without the current host: it counts as failed, and nothing has been changed on it."""
    complain(reason)
    run: Any = state
    run.fail_hosts({state.inventory.get_host(current_host.name)})
    raise GreenletExit  # ends this host's plan; any other exception would end everybody's
