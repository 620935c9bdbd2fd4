"""What `socle backup status` shows of the repositories' answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from socle.baseline.model import Host
from socle.harmless import line

_LONGEST = 300  # characters of a cell
_MORE = 5  # rows that a machine may have besides those declared: it was told before they changed


def grow(said: Iterable[tuple[str, Any]], order: Sequence[str], screen: Console) -> dict[str, Any]:
    """Show the machines' answers as they come, in this order: nobody waits for the slowest."""
    answers: dict[str, Any] = {}
    with Live(console=screen, auto_refresh=False) as live:
        for name, answer in said:
            answers[name] = answer
            known = {one: answers[one] for one in order if one in answers}
            live.update(table(known), refresh=True)
    return answers


def expected(answer: Mapping[str, Any], host: Host) -> bool:
    """Whether an answer has no more rows than the machine has copies."""
    rows = len(answer.get("repositories", ())) + len(answer.get("served", ()))
    declared = len(host.settings["backup_targets"]) + len(host.settings["backup_served"])
    return rows <= declared + _MORE


def table(answers: Mapping[str, Any]) -> Table:
    """Raises all kinds of errors for an answer that is none."""
    shown = Table("machine", "repository", "copies", "newest", "checked", "restored", "remarks")

    def add(*cells: str) -> None:
        if not all(isinstance(cell, str) for cell in cells):
            raise TypeError("a cell that is no text")
        shown.add_row(*(line(cell, _LONGEST) for cell in cells))

    for name, answer in answers.items():
        if "error" in answer:
            add(name, "", "", "", "", "", answer["error"])
        for one in answer.get("repositories", ()):
            add(name, one["name"], *_cells(one))
        for one in answer.get("served", ()):
            newest = (one.get("newest") or {}).get("time", "never")
            pruned = (one.get("last_prune") or {}).get("result", "never")
            remark = one["error"] or f"old copies removed: {pruned}"
            count = str(one.get("snapshots", ""))
            add(name, f"for {one['client']}", count, newest, "", "", remark)
    return shown


def _cells(one: Mapping[str, Any]) -> list[str]:
    if one["kind"] == "disk":
        last = one["last_copy"] or {}
        remark = "plugged in" if one["attached"] else "not plugged in"
        return ["", last.get("time", "never"), "", "", remark]
    remarks = [one["error"] or ("" if one["reachable"] else "no answer")]
    if one["reachable"]:
        remarks += [f"without {folder}" for folder in one.get("missing_folders", ())[:_LONGEST]]
    newest = (one.get("newest") or {}).get("time", "never")
    checked, restored = one["last_check"] or {}, one["last_restore_test"] or {}
    return [
        str(one.get("snapshots", "")),
        newest,
        f"{checked.get('time', 'never')} {checked.get('result', '')}".strip(),
        f"{restored.get('time', 'never')} {restored.get('result', '')}".strip(),
        ", ".join(remark for remark in remarks if remark),
    ]
