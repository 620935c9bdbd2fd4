"""``socle show``: every setting of a machine, and who set it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from socle.commands.console import SCREEN, data, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from socle.baseline.model import Host, Origin, Practice
    from socle.baseline.variables import Variable

    Row = tuple[str, Any, Origin]  # setting, value, who set it


def show(
    practice: Path,
    host: str | None = None,
    *,
    computed: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """List the settings of a practice's machines with the layer, file and line that set them.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    host
        Only this machine.
    computed
        Show what the rooms compute from the settings, too.
    json
        Print data instead of a table.
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.baseline.connection import ConnectionSettings  # noqa: PLC0415
    from socle.baseline.export import hidden_names  # noqa: PLC0415
    from socle.baseline.variables import catalogue  # noqa: PLC0415
    from socle.baseline.words import unknown  # noqa: PLC0415
    from socle.errors import SocleError  # noqa: PLC0415

    loaded = load(practice)
    if host is not None and host not in loaded.hosts:
        known = unknown("host", host, list(loaded.hosts))
        raise SocleError(f"{loaded.folder.name}: expected {known}, read {host}")
    variables = catalogue(loaded.rooms, ConnectionSettings)
    hidden = hidden_names(loaded)
    chosen = loaded.hosts.values() if host is None else [loaded.hosts[host]]
    rows = {each.name: list(_rows(each, variables, computed, hidden)) for each in chosen}
    if json:
        _print_json(rows, loaded)
    else:
        _print_tables(rows, loaded)
    return 0


def _rows(
    host: Host, known: Mapping[str, Variable], computed: bool, hidden: Collection[str]
) -> Iterator[Row]:
    """One row a setting, and one for each entry of a list that layers merge."""
    from socle.baseline.settings import MASK  # noqa: PLC0415

    for name, value in host.settings.items():
        variable = known.get(name)
        if variable is None:
            if computed:
                yield name, MASK if name in hidden else value, host.origins[name]
        elif variable.secret:
            yield name, None if value is None else MASK, host.origins[name]
        elif variable.key is not None and value:
            for entry in value:
                row = f"{name}.{entry[variable.key]}"
                yield row, entry, host.origins[row]
        else:
            yield name, value, host.origins[name]


def _print_json(rows: dict[str, list[Row]], practice: Practice) -> None:
    data(
        {
            host: {
                name: {"value": value, "layer": origin.layer, "place": _place(origin, practice)}
                for name, value, origin in found
            }
            for host, found in rows.items()
        }
    )


def _print_tables(rows: dict[str, list[Row]], practice: Practice) -> None:
    import yaml  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    for name, found in rows.items():
        host = practice.hosts[name]
        table = Table(title=f"{name} ({', '.join(host.groups)})", title_justify="left")
        for heading in ("setting", "value", "set by"):
            table.add_column(heading, overflow="fold")
        for setting, value, origin in found:
            text = yaml.safe_dump(
                value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000
            )
            place = f"{origin.layer}\n{_place(origin, practice) or ''}".strip()
            table.add_row(setting, text.removesuffix("...\n").strip(), place)
        SCREEN.print(table)
        for waiver in host.waivers:
            end = "expired on" if waiver.expired(date.today()) else "until"
            say(f"waiver: {waiver.control} {end} {waiver.until}: {waiver.reason}")


def _place(origin: Origin, practice: Practice) -> str | None:
    """``FILE:LINE``, the file as seen from the checkout."""
    if origin.file is None:
        return None
    inside = origin.file.is_relative_to(practice.root)
    file = origin.file.relative_to(practice.root) if inside else origin.file
    return f"{file}:{origin.line}"
