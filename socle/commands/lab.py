"""``socle lab``: the throw-away machines of a practice that has a ``lab.yml``."""

from __future__ import annotations

import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cyclopts import App

from socle.commands.console import say, warn, write
from socle.errors import SocleError

app = App(name="lab", help="Throw-away machines of a practice that has a lab.yml.")
_DEMO = Path("inventories/demo")


@app.command
def prepare(*, vm: bool = False) -> int:
    """Install what the lab needs (as root) and build its images; say plainly what cannot be.

    Parameters
    ----------
    vm
        What the virtual machine needs, too.
    """
    from socle import lab  # noqa: PLC0415
    from socle.lab import images  # noqa: PLC0415
    from socle.lab import vm as machine  # noqa: PLC0415

    missing = lab.vm_requirements() if vm else lab.requirements()
    install = lab.install_vm_requirements if vm else lab.install_requirements
    try:
        if missing:
            say("==> Installing what the lab needs")
        install()
        say("==> Images of the lab")
        with ThreadPoolExecutor(max_workers=2) as pool:
            jobs: list[Future[Any]] = []
            jobs += [pool.submit(images.build, name, _say) for name in reversed(images.IMAGES)]
            if vm:
                jobs.append(pool.submit(machine.prepare, _say))
            for job in jobs:
                job.result()
    except SocleError as error:
        warn(f"The lab cannot run here: {error}")
        return 1 if os.environ.get("CI") == "true" else 0
    return 0


def _say(text: str) -> None:
    say(f"    {text}")


@app.command
def up(practice: Path = _DEMO) -> int:
    """Boot the practice's machines; those that run are left as they are. A new box is closed."""
    from socle import lab  # noqa: PLC0415
    from socle.baseline import load  # noqa: PLC0415
    from socle.commands.labs import BOX, lab_of  # noqa: PLC0415
    from socle.lab.box import Box, configure  # noqa: PLC0415

    loaded = load(practice)
    wanted = lab_of(loaded)
    lab.install_requirements()
    lab.up(wanted, _say)
    if wanted.beyond and lab.run(wanted, BOX, "nft list table inet box").returncode != 0:
        configure(wanted, BOX, Box())
    (loaded.folder / "known_hosts").write_bytes(wanted.known_hosts.read_bytes())
    return 0


@app.command
def down(practice: Path = _DEMO) -> int:
    """Stop the machines and remove their disks, keys, bridge and rules; forget who they were."""
    from socle import lab  # noqa: PLC0415
    from socle.baseline import known_machines, load  # noqa: PLC0415
    from socle.commands.labs import lab_of  # noqa: PLC0415

    loaded = load(practice)
    lab.down(lab_of(loaded), _say)
    for file in ("known_hosts", known_machines.NAME):
        (loaded.folder / file).unlink(missing_ok=True)
    return 0


@app.command
def status(practice: Path = _DEMO) -> int:
    """Which machines run."""
    from socle import lab  # noqa: PLC0415
    from socle.baseline import load  # noqa: PLC0415
    from socle.commands.labs import lab_of  # noqa: PLC0415

    for name, machine in lab.status(lab_of(load(practice))).items():
        say(f"{name:16} {'running' if machine.running else 'stopped'}")
    return 0


@app.command
def shell(machine: str, practice: Path = _DEMO, *, command: str = "bash -i") -> int:
    """Run a command as root inside a machine, whatever its network or sshd do."""
    from socle import lab  # noqa: PLC0415
    from socle.baseline import load  # noqa: PLC0415
    from socle.commands.labs import lab_of  # noqa: PLC0415

    answer = lab.run(lab_of(load(practice)), machine, command)
    write(answer.stdout)
    write(answer.stderr, sys.stderr)
    return answer.returncode


@app.command(name="try")
def try_(scenario: Path, practice: Path = _DEMO, *, machine: str | None = None) -> int:
    """Make one mistake on a running, hardened machine; verify, mend, verify again.

    Or make it odd but healthy, which must pass. An apply mends it, or the scenario's .undo.sh where
    there is one. Each step shows what it says and how long it took.

    Exit code: 0 the verdicts are right, 1 they are not, 2 it cannot be tried here.

    Parameters
    ----------
    scenario
        The mistake: roles/ROOM/scenarios/CONTROL/MISTAKE.fail.sh; the oddity: ODDITY.pass.sh
    practice
        Folder of the practice, whose lab runs: `make demo`, or `socle lab up` and an apply.
    machine
        Where, else the scenario's `# host:`, else the first host that the control applies to.
    """
    from socle.baseline import load  # noqa: PLC0415
    from socle.commands import lab_try  # noqa: PLC0415
    from socle.lab import scenarios  # noqa: PLC0415

    loaded = load(practice, identified=True)
    chosen = scenarios.within(scenario, loaded.root / "roles")
    where = lab_try.machine_for(chosen, loaded, machine)
    wrong = lab_try.attempt(chosen, lab_try.Warm(loaded, where))
    say()
    for sentence in wrong:
        say(sentence, style="bold red")
    if not wrong:
        done = "passes, before and after," if scenarios.healthy(chosen) else "seen and mended"
        say(f"{scenarios.name(chosen)}: {done} on {where}", style="bold green")
    return 1 if wrong else 0
