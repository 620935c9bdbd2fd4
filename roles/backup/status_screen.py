"""What `socle backup status` shows of the repositories' answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table


def table(answers: Mapping[str, Any]) -> Table:
    """Raises all kinds of errors for an answer that is none."""
    shown = Table("machine", "repository", "copies", "newest", "checked", "restored", "remarks")
    for name, answer in answers.items():
        if "error" in answer:
            shown.add_row(name, "", "", "", "", "", answer["error"])
        for one in answer.get("repositories", ()):
            shown.add_row(name, one["name"], *_cells(one))
        for one in answer.get("served", ()):
            newest = (one.get("newest") or {}).get("time", "never")
            pruned = (one.get("last_prune") or {}).get("result", "never")
            remark = one["error"] or f"old copies removed: {pruned}"
            count = str(one.get("snapshots", ""))
            shown.add_row(name, f"for {one['client']}", count, newest, "", "", remark)
    return shown


def _cells(one: Mapping[str, Any]) -> list[str]:
    if one["kind"] == "disk":
        last = one["last_copy"] or {}
        remark = "plugged in" if one["attached"] else "not plugged in"
        return ["", last.get("time", "never"), "", "", remark]
    remarks = [one["error"] or ("" if one["reachable"] else "no answer")]
    if one["reachable"]:
        remarks += [f"without {folder}" for folder in one.get("missing_folders", ())]
    newest = (one.get("newest") or {}).get("time", "never")
    checked, restored = one["last_check"] or {}, one["last_restore_test"] or {}
    return [
        str(one.get("snapshots", "")),
        newest,
        f"{checked.get('time', 'never')} {checked.get('result', '')}".strip(),
        f"{restored.get('time', 'never')} {restored.get('result', '')}".strip(),
        ", ".join(remark for remark in remarks if remark),
    ]
