"""``socle demo``: the whole life of a practice, on machines that this computer boots."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App
from rich.console import Console

from socle.errors import SocleError

if TYPE_CHECKING:
    from socle.lab import Lab

app = App(name="demo", help="A demo practice of real hosts: boot, harden, verify, report.")
PRACTICE = Path("inventories/demo")
BUILD = Path("build/demo")
VISITOR = "visiteur"
UNKNOWN = 3  # what `socle verify` ends with when nothing is broken and something is unknown
# Stands in for the imaging server's viewer: a declared flow needs somebody who answers.
_START_VIEWER = """systemctl is-active --quiet viewer || systemd-run --quiet --unit=viewer \
    python3 -m http.server 8443 --bind :: --directory /usr/share/common-licenses
until ss -Htln 'sport = 8443' | grep -q .; do sleep 0.1; done"""
_SCREEN = Console(highlight=False)


class DemoFailed(SocleError):
    """The demo stopped half-way; what it started is still there to be looked at."""

    exit_code = 1


@app.command
def up() -> int:
    """Boot the practice, look at it from a visitor's computer, harden it, verify it, report."""
    from socle import lab  # noqa: PLC0415
    from socle.baseline import load  # noqa: PLC0415
    from socle.commands.backup import run as copy  # noqa: PLC0415
    from socle.commands.demo_data import prepare  # noqa: PLC0415
    from socle.commands.lab import up as boot  # noqa: PLC0415
    from socle.commands.labs import lab_of  # noqa: PLC0415
    from socle.commands.verify import verify  # noqa: PLC0415

    started = time.monotonic()
    try:
        lab.install_requirements()
    except SocleError as error:
        raise DemoFailed(_without_a_lab(error)) from error
    with _step("Boot the five machines of a practice and a visitor's computer on its network"):
        boot(PRACTICE)
        shutil.rmtree(BUILD / "evidence", ignore_errors=True)
        practice = load(PRACTICE)
        machines = lab_of(practice)
        lab.run(machines, "imagerie", _START_VIEWER)
        prepare(PRACTICE, machines)
    hosts = {name: host.addresses for name, host in practice.hosts.items()}
    with _step("Before: what the visitor's computer can open"):
        _scan(machines, hosts)
    with _step(f"Harden: pyinfra {PRACTICE}/inventory.py deploy.py -y"):
        _harden()
    with _step(f"Copy the data, and prove that they come back: socle backup run {PRACTICE}"):
        copy(PRACTICE)
    with _step("After: what the visitor's computer can still open"):
        _scan(machines, hosts)
    with _step(f"Verify: socle verify {PRACTICE}"):
        code = verify(
            PRACTICE,
            json=BUILD / "report.json",
            html=BUILD / "report.html",
            pdf=BUILD / "report.pdf",
            evidence=BUILD / "evidence",
        )
    with _step("Sign the report and the evidence, and check the signatures"):
        _sign(sorted((BUILD / "evidence").glob("*.bundle")))
    _SCREEN.print(f"\n[bold]Done in {time.monotonic() - started:.0f} s.[/]")
    if code == UNKNOWN:
        _SCREEN.print(_NO_DISKS, soft_wrap=True)
        code = 0
    _SCREEN.print(_CLOSING, soft_wrap=True)
    return code


@app.command
def down() -> int:
    """Stop the demo's machines and remove all that the demo started."""
    from socle.commands.lab import down as stop  # noqa: PLC0415

    return stop(PRACTICE)


def _harden() -> None:
    """Run pyinfra as an operator does."""
    program = Path(sys.executable).with_name("pyinfra")
    done = subprocess.run([program, PRACTICE / "inventory.py", "deploy.py", "-y"], check=False)
    if done.returncode != 0:
        raise DemoFailed(f"pyinfra ended with {done.returncode}: see its lines above")


def _sign(bundles: list[Path]) -> None:
    """Sign with a key without a passphrase, as only a demonstration does."""
    from socle.commands import evidence_sign  # noqa: PLC0415

    files = [*bundles, *(BUILD / f"report.{kind}" for kind in ("json", "html", "pdf"))]
    evidence_sign.keygen(PRACTICE, passphrase=False)
    evidence_sign.sign(*files, practice=PRACTICE)
    if evidence_sign.verify(*files, practice=PRACTICE, quiet=True) != 0:
        raise DemoFailed("a file that was just signed is not good: see above")


def _scan(machines: Lab, hosts: dict[str, tuple[str, ...]]) -> None:
    """Print which of the usual ports the visitor's computer can open on each host."""
    from socle.lab.scan import PORTS, open_ports  # noqa: PLC0415

    found = open_ports(machines, VISITOR, [a for addresses in hosts.values() for a in addresses])
    for name, addresses in hosts.items():
        ports = sorted({port for address, port in found if address in addresses})
        shown = ", ".join(map(str, ports))
        _SCREEN.print(f"    {name:12}", f"[red]open: {shown}[/]" if ports else "[green]nothing[/]")
    _SCREEN.print(f"    [dim]({len(PORTS)} ports tried on every IPv4 and IPv6 address)[/]")


@contextmanager
def _step(title: str) -> Iterator[None]:
    started = time.monotonic()
    _SCREEN.print(f"\n[bold cyan]==> {title}[/]")
    yield
    _SCREEN.print(f"    [dim]{time.monotonic() - started:.1f} s[/]")


def _without_a_lab(error: SocleError) -> str:
    return (
        f"The demo boots real machines, and this computer cannot: {error}\n"
        "What works without, on this very computer, without changing anything:\n"
        "  .venv/bin/pyinfra inventories/local/inventory.py deploy.py --dry --diff\n"
        "  .venv/bin/socle flows inventories/demo"
    )


_NO_DISKS = """\
Unknown here, and rightly so: these machines are containers, which have no disks of their own.
Encrypted disks, swap and the offline disk take a virtual machine: see tests/vm
"""
_CLOSING = f"""The report for the doctor: {BUILD}/report.pdf   (also: report.html, report.json)

Three commands to try next:
  .venv/bin/socle flows {PRACTICE} --svg {BUILD}/flows.svg
  .venv/bin/socle lab shell accueil --command 'nft flush ruleset'; .venv/bin/socle verify {PRACTICE}
  .venv/bin/pyinfra {PRACTICE}/inventory.py deploy.py --dry --diff
`make demo-down` stops the machines."""
