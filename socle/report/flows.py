"""The register of flows of a practice: who talks to whom, on which ports, why, and who asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from socle import harmless
from socle.baseline.model import Practice
from socle.report import declared
from socle.report.flowmap import as_svg
from socle.report.labels import HOUSE, Labels
from socle.report.rooms import Direction
from socle.report.typography import typeset
from socle.report.words import words

__all__ = ["as_markdown", "as_svg", "as_table", "cell", "heading", "register"]

Row = dict[str, Any]

DIRECTIONS: Sequence[Direction] = ("in", "out")
COLUMNS = ("direction", "name", "hosts", "peers", "ports", "purpose", "asked_by")


def register(practice: Practice) -> list[Row]:
    """The permitted flows: what comes in, then what goes out, in the order they were declared.

    One row a flow: hosts that carry the same one share it, and their peers' addresses are united
    (a member of a group does not count itself among its peers). ``peers`` holds the declared
    words, with "any" when every address is meant; ``addresses`` is empty then.
    """
    rows: dict[tuple[Any, ...], Row] = {}
    told = declared.of(practice.root)
    for direction, variable in ((d, variable) for d in DIRECTIONS for variable in told.flows(d)):
        for host in practice.hosts.values():
            for entry in host.settings.get(variable, ()):
                row = _row(direction, entry)
                kept = rows.setdefault(_identity(row), row)
                kept["hosts"] = _united(kept["hosts"], [host.name])
                kept["addresses"] = _united(kept["addresses"], row["addresses"])
    return list(rows.values())


def as_markdown(rows: Iterable[Row], language: str = "fr", labels: Labels = HOUSE) -> str:
    """The register as a Markdown table."""
    lines = [_pipes(heading(column, language) for column in COLUMNS)]
    lines.append(_pipes("---" for _ in COLUMNS))
    lines += [
        _pipes(harmless.markdown(cell(row, column, language, labels)) for column in COLUMNS)
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def as_table(rows: Iterable[Row], language: str = "fr", labels: Labels = HOUSE) -> Table:
    """The register for the terminal."""
    table = Table(title=words(language)["flows"], title_justify="left", show_lines=True)
    for column in COLUMNS:
        table.add_column(heading(column, language), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(row, column, language, labels)) for column in COLUMNS))
    return table


def heading(column: str, language: str) -> str:
    """The name of a column of the register."""
    return words(language)[f"flow_{column}"]


def cell(row: Mapping[str, Any], column: str, language: str, labels: Labels) -> str:
    """One cell of the register, as text."""
    text = words(language)
    match column:
        case "direction":
            return text[f"direction_{row['direction']}"]
        case "hosts":
            hosts, users = ", ".join(row["hosts"]), ", ".join(row.get("users", ()))
            return text["flow_users"].format(hosts=hosts, users=users) if users else hosts
        case "peers":
            return ", ".join(labels.peer_name(peer, language) for peer in row["peers"])
        case "ports":
            return f"{row['protocol']} {', '.join(row['ports'])}".strip()
        case "purpose":
            return typeset(str(row["purpose"]), language)
        case _:
            return str(row[column] or "—")


def _row(direction: str, entry: Mapping[str, Any]) -> Row:
    anyone = bool(entry.get("any"))
    peers = [str(peer) for peer in entry.get("peers", ())]
    if anyone and "any" not in peers:
        peers = ["any", *peers]
    return {
        "name": entry["name"],
        "direction": direction,
        "protocol": entry["protocol"],
        "ports": [str(port) for port in entry.get("ports", ())],
        "hosts": [],
        "users": list(entry.get("users", ())),
        "peers": peers,
        "addresses": [] if anyone else [*entry.get("ipv4", ()), *entry.get("ipv6", ())],
        "purpose": entry.get("purpose") or "",
        "asked_by": entry.get("asked_by"),
    }


def _identity(row: Row) -> tuple[Any, ...]:
    """What makes two entries the same flow: everything but the hosts and the addresses."""
    apart = ("hosts", "addresses")
    return tuple(
        tuple(value) if isinstance(value, list) else value
        for key, value in row.items()
        if key not in apart
    )


def _united(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _pipes(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
