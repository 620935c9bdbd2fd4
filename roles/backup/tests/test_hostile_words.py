"""Whatever a machine tells of its copies, the commands show as text."""

import json
from io import StringIO
from types import SimpleNamespace

import pytest
from hostile import NASTY, harmful
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

from roles.backup import restore, status_screen
from socle.commands.console import SCREEN, Screen


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY.keys())
def test_every_command_shows_it_as_text(nasty, capsys):
    repository = {
        "name": nasty,
        "kind": "ssh",
        "error": nasty,
        "reachable": True,
        "missing_folders": [nasty],
        "newest": {"time": nasty},
        "last_check": {"time": nasty, "result": nasty},
        "last_restore_test": None,
    }
    served = {"client": nasty, "error": nasty, "newest": {"time": nasty}}
    told = {nasty: {"repositories": [repository], "served": [served]}, "b": {"error": nasty}}
    SCREEN.print(status_screen.table(told))
    progress = SimpleNamespace(update=lambda *_, **__: None)
    for line in (nasty, json.dumps(nasty), json.dumps({"message": nasty}),
                 json.dumps({"message": "plan", "bytes": 1, "target": nasty, "time": nasty}),
                 json.dumps({"message": "done", "bytes": 1, "seconds": nasty})):  # fmt: skip
        restore._tell(progress, 0, line)
    shown = "".join(capsys.readouterr())
    assert not harmful(shown)
    assert not [line for line in shown.splitlines() if line.startswith("fix: ")]


@pytest.mark.parametrize(
    "line",
    [
        "[" * 4000,
        '{"message": "progress", "bytes": 1e999}',
        '{"message": "plan", "bytes": 1, "files": 1e999}',
        '{"message": "plan", "bytes": 1%s}' % ("0" * 4000),
        '{"message": "progress", "bytes": -1%s}' % ("0" * 400),
    ],
    ids=["deep", "bytes", "files", "large", "small"],
)
def test_a_machine_does_not_end_the_restore_by_what_it_tells(line):
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Screen(file=StringIO(), force_terminal=True)) as progress:
        task = progress.add_task("…", total=None)
        restore._tell(progress, task, line)
        progress.refresh()
