"""``socle demo``: the whole life of a practice, on machines that this computer boots."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from socle.commands.console import SCREEN, say, step
from socle.errors import SocleError

if TYPE_CHECKING:
    from socle.lab import Lab

app = App(name="demo", help="A demo practice of real hosts: boot, harden, verify, report.")
PRACTICE = Path("inventories/demo")
BUILD = Path("build/demo")
VISITOR = "visiteur"
BROKEN = 1  # what `socle verify` ends with when a promise is broken
UNKNOWN = 3  # what `socle verify` ends with when nothing is broken and something is unknown


class DemoFailed(SocleError):
    """The demo stopped half-way; what it started is still there to be looked at."""

    exit_code = 1


@app.command
def up() -> int:
    """Boot the practice, let the Internet read its images, harden it, verify it, close the box."""
    from socle.baseline import load, packages  # noqa: PLC0415
    from socle.commands import demo_story as story  # noqa: PLC0415
    from socle.commands.demo_data import prepare  # noqa: PLC0415
    from socle.commands.lab import up as boot  # noqa: PLC0415
    from socle.commands.labs import lab_of  # noqa: PLC0415

    started = time.monotonic()
    _install_lab()
    with step("Boot a practice of five machines, its box, a modality, a visitor, an attacker"):
        boot(PRACTICE)
        shutil.rmtree(BUILD / "evidence", ignore_errors=True)
        machines = lab_of(load(PRACTICE))
        prepare(PRACTICE, machines)
    practice = load(PRACTICE)
    hosts = {name: host.addresses for name, host in practice.hosts.items()}
    if not story.hardened(machines):
        _before(machines)
    with step("Before, from inside: what the visitor's computer can open"):
        _scan(machines, hosts)
    with step(f"Harden: pyinfra {PRACTICE}/inventory.py deploy.py -y"):
        _harden()
    with step("After, from the Internet: the same attempts, through the same box"):
        story.attempts(machines, before=False)
    with step("After, from inside: what the visitor's computer can still open"):
        _scan(machines, hosts)
    with step("After: the modality and the doctor at work"):
        story.work(machines, practice)
    with step(f"Copy the data, and prove that they come back: socle backup run {PRACTICE}"):
        packages.load(practice.root, "backup", "commands").run(PRACTICE)
    if story.box_is_open(machines):
        _box_set_right(machines)
    with step(f"Verify: socle verify {PRACTICE}"):
        code = _verify("report", evidence=BUILD / "evidence")
    with step("Sign the report and the evidence, and check the signatures"):
        _sign(sorted((BUILD / "evidence").glob("*.bundle")))
    with step("Look from another line, and sign what was seen: socle exposure attest"):
        story.look_from_outside(machines, PRACTICE, BUILD / "exposure.json")
    say()
    say(f"Done in {time.monotonic() - started:.0f} s.", style="bold")
    if code == UNKNOWN:
        SCREEN.print(_NO_DISKS, soft_wrap=True)
    SCREEN.print(_CLOSING, soft_wrap=True)
    return 0 if code == UNKNOWN else code


@app.command
def down() -> int:
    """Stop the demo's machines and remove all that the demo started."""
    from socle.commands.lab import down as stop  # noqa: PLC0415

    return stop(PRACTICE)


def _before(machines: Lab) -> None:
    from socle.commands import demo_story as story  # noqa: PLC0415

    with step("Set up imaging and box as the fined doctors had them"):
        story.as_found(machines)
    with step("Before, from the Internet: what an attacker takes through the box"):
        story.attempts(machines, before=True)


def _box_set_right(machines: Lab) -> None:
    """Verify says what is still wrong, and the owner of the box does something about it."""
    from socle.commands import demo_story as story  # noqa: PLC0415

    with step(f"Verify while the box is still open: socle verify {PRACTICE}"):
        if _verify("report-box-open") != BROKEN:
            raise DemoFailed("verify was to say that the box lets packets in: see above")
        SCREEN.print(_BOX_OPEN, soft_wrap=True)
    with step("Set the box right, as only its owner can (docs/fr/box.md)"):
        story.close_box(machines)


def _install_lab() -> None:
    from socle import lab  # noqa: PLC0415

    try:
        lab.install_requirements()
    except SocleError as error:
        raise DemoFailed(_without_a_lab(error)) from error


def _harden() -> None:
    """Run pyinfra as an operator does."""
    program = Path(sys.executable).with_name("pyinfra")
    done = subprocess.run([program, PRACTICE / "inventory.py", "deploy.py", "-y"], check=False)
    if done.returncode != 0:
        raise DemoFailed(f"pyinfra ended with {done.returncode}: see its lines above")


def _verify(name: str, evidence: Path | None = None) -> int:
    """Run `socle verify` with the reports called ``name``; its exit code."""
    from socle.commands.verify import verify  # noqa: PLC0415

    return verify(
        PRACTICE,
        json=BUILD / f"{name}.json",
        html=BUILD / f"{name}.html",
        pdf=BUILD / f"{name}.pdf",
        evidence=evidence,
    )


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
        said = (f"open: {shown}", "red") if ports else ("nothing", "green")
        say(f"    {name:12} ", said)
    say(f"    ({len(PORTS)} ports tried on every IPv4 and IPv6 address)", style="dim")


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
_BOX_OPEN = """\

    Nothing answers the attacker any more, and this is red all the same, rightly: packets from the
    Internet still reach the imaging server, because the box lets them in. Socle counts them and
    lists what a program had the box open; it never changes a box."""
_CLOSING = f"""The report for the doctor: {BUILD}/report.pdf   (also: report.html, report.json)
While the box was still open: {BUILD}/report-box-open.pdf

Three commands to try next:
  .venv/bin/socle flows {PRACTICE} --svg {BUILD}/flows.svg
  .venv/bin/socle lab shell accueil --command 'nft flush ruleset'; .venv/bin/socle verify {PRACTICE}
  .venv/bin/pyinfra {PRACTICE}/inventory.py deploy.py --dry --diff
`make demo-down` stops the machines."""
