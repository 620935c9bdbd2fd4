"""Work on all cores, in streams: few items are on their way at any moment."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    as_completed,
    process,
    wait,
)
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from signal import SIG_IGN, SIGINT, signal
from typing import TypeVar

from socle.errors import SocleError

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 4  # items a worker that wait for it


def spread(
    work: Callable[[T], R], items: Iterable[T], workers: int, renewed: int | None = None
) -> Iterator[R]:
    """The results of ``work`` (a function that can be pickled), in any order.

    ``renewed``: items a worker after which it is replaced by a new one. Raises SocleError when a
    worker is killed.
    """
    source = iter(items)
    # A pool's own max_tasks_per_child can hang (CPython issue 115634): whole pools are renewed.
    portion = None if renewed is None else renewed * workers - 1
    try:
        for first in source:
            with ProcessPoolExecutor(workers, get_context("spawn"), _begin) as pool:
                yield from _bounded(
                    pool, work, chain([first], islice(source, portion)), AHEAD * workers
                )
    except process.BrokenProcessPool:
        raise SocleError(
            "a worker process was killed (is there enough memory?): run again, "
            "what was found out is kept"
        ) from None


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _bounded(
    pool: ProcessPoolExecutor, work: Callable[[T], R], items: Iterable[T], most: int
) -> Iterator[R]:
    running: set[Future[R]] = set()
    for item in items:
        running.add(pool.submit(work, item))
        if len(running) >= most:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (one.result() for one in done)
    yield from (one.result() for one in as_completed(running))


def _begin() -> None:
    """A worker leaves Ctrl-C to its parent, and ends when that was killed."""
    signal(SIGINT, SIG_IGN)
    threading.Thread(target=_end_with, args=[parent_process()], daemon=True).start()


def _end_with(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        os._exit(1)
