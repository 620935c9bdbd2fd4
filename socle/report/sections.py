"""What a room adds to the pages: a section, short for the doctor and whole for the technician.

A room makes it in its ``report.py``, in the page's language; the templates lay it out. What a
machine said may stand in any text: it is escaped where it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of the technician's table. ``share``: of a line's width on paper; a machine's: 1."""

    name: str
    share: float


@dataclass(frozen=True)
class Row:
    """One thing of a machine: what stands in the first column, ``note`` smaller beside it."""

    name: str
    note: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Machine:
    """A machine that the section is about, and its verdict there.

    ``brief``: its cells on the doctor's page. ``rows``: on the technician's; without any, nothing
    was measured.
    """

    name: str
    verdict: str
    brief: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """A section of the report. ``key``: its anchor on the page, a word of its own.

    ``intro`` and ``remark`` stand above the technician's table, ``none`` in the place of both
    tables where there is no machine. ``brief`` and ``columns``: the columns of the doctor's and
    the technician's table, after the one with the machines.
    """

    key: str
    title: str
    intro: str
    none: str
    brief: tuple[str, ...]
    columns: tuple[Column, ...]
    machines: tuple[Machine, ...]
    remark: str = ""
