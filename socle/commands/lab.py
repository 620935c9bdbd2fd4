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
    """Stop the machines and remove their disks, keys, bridge and rules."""
    from socle import lab  # noqa: PLC0415
    from socle.baseline import load  # noqa: PLC0415
    from socle.commands.labs import lab_of  # noqa: PLC0415

    loaded = load(practice)
    lab.down(lab_of(loaded), _say)
    (loaded.folder / "known_hosts").unlink(missing_ok=True)
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
