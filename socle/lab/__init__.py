"""Throw-away practices: real Debian hosts, booted side by side on a bridge of their own.

    lab = Lab("demo", Path("build/demo"), Network("socle-demo", ("10.77.12.1/24",)),
              (Machine("accueil", "trixie", ("10.77.12.21",)),))
    up(lab, print)
    run(lab, "accueil", "systemctl is-system-running")
    down(lab, print)

All that goes wrong is a ``LabError``.
"""

from socle.lab.errors import LabError
from socle.lab.needs import (
    install_requirements,
    install_vm_requirements,
    requirements,
    vm_requirements,
)
from socle.lab.practice import down, reboot, reset, run, status, up
from socle.lab.spec import Lab, Machine, MachineStatus, Network

__all__ = [
    "Lab",
    "LabError",
    "Machine",
    "MachineStatus",
    "Network",
    "down",
    "install_requirements",
    "install_vm_requirements",
    "reboot",
    "requirements",
    "reset",
    "run",
    "status",
    "up",
    "vm_requirements",
]
