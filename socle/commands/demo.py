"""``socle demo``: the whole life of a practice, on machines that this computer boots."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cyclopts import App
from rich.console import Console

app = App(name="demo", help="A demo practice of real hosts: boot, harden, verify, report.")
PRACTICE = Path("inventories/demo")
BUILD = Path("build/demo")
VIEWER = "python3 -m http.server 8443 --bind :: --directory /usr/share/common-licenses"
_SCREEN = Console(highlight=False)


@app.command
def up() -> int:
    """Boot the practice, look at it from a visitor's computer, harden it, verify it, report."""
    from socle import lab  # noqa: PLC0415
    from socle.baseline import load  # noqa: PLC0415
    from socle.commands.lab import up as lab_up  # noqa: PLC0415
    from socle.commands.labs import lab_of  # noqa: PLC0415
    from socle.commands.verify import verify  # noqa: PLC0415

    started = time.monotonic()
    _say_where_it_cannot_run(lab.requirements())
    with _step("Boot four machines of a practice and a visitor's computer"):
        lab_up(PRACTICE)
        machines = lab_of(load(PRACTICE))
        lab.run(
            machines,
            "imagerie",
            f"systemctl is-active -q viewer || systemd-run -q --unit=viewer {VIEWER}",
        )
    with _step("Before: what the visitor's computer can open on the practice's machines"):
        _scan(machines)
    with _step("Harden: pyinfra inventories/demo/inventory.py deploy.py -y"):
        _pyinfra()
    with _step("After: what the visitor's computer can still open"):
        _scan(machines)
    with _step("Verify: socle verify inventories/demo"):
        code = verify(PRACTICE, json=BUILD / "report.json", html=BUILD / "report.html")
    _SCREEN.print(
        f"\n[bold]Done in {time.monotonic() - started:.0f} s.[/] The report: {BUILD}/report.html"
    )
    _SCREEN.print(
        "\nThree commands to try next:\n"
        "  .venv/bin/socle flows inventories/demo\n"
        "  .venv/bin/socle lab shell accueil --command 'nft flush ruleset' && "
        ".venv/bin/socle verify inventories/demo\n"
        "  .venv/bin/pyinfra inventories/demo/inventory.py deploy.py --dry --diff\n"
        "and `make demo-down` when you are done."
    )
    return code


@app.command
def down() -> int:
    """Stop the demo's machines and remove all that the demo started."""
    from socle.commands.lab import down as lab_down  # noqa: PLC0415

    return lab_down(PRACTICE)


@contextmanager
def _step(title: str) -> Iterator[None]:
    started = time.monotonic()
    _SCREEN.print(f"\n[bold cyan]==> {title}[/]")
    yield
    _SCREEN.print(f"[dim]    {time.monotonic() - started:.1f} s[/]")
