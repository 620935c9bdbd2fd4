"""What a change of a file looks like, for ``--diff``: mode, owner and every line, as text."""

from __future__ import annotations

import difflib

import click

from socle import harmless
from socle.apply.probe import ObservedFile

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def difference(
    path: str, seen: ObservedFile | None, wanted: ObservedFile | None, *, secret: bool
) -> list[str]:
    """Lines that tell how ``path`` would change; contents of secrets are never among them."""
    lines = [f"--- {path} {_label(seen)}", f"+++ {path} {_label(wanted)}"]
    if secret:
        lines.append("(content not shown: it holds a secret)")
    elif seen is not None and seen.kind == "file" and seen.content is None:
        lines.append("(present content not readable by this account)")
    else:
        diff = difflib.unified_diff(_text(seen), _text(wanted), lineterm="")
        lines += list(diff)[2:]
    return [click.style(harmless.block(line), fg=_COLOURS.get(line[:1])) for line in lines]


def _label(file: ObservedFile | None) -> str:
    if file is None:
        return "(absent)"
    if file.kind != "file":
        return "(not a plain file)"
    return harmless.line(f"({file.mode} {file.user}:{file.group})")


def _text(file: ObservedFile | None) -> list[str]:
    if file is None or file.content is None:
        return []
    lines = file.content.decode("utf-8", "replace").split("\n")
    return lines[:-1] if lines[-1] == "" else lines
