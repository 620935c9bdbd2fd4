"""A practice behind a box, and an attacker on the Internet: three machines and two networks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from evidence_tools import key, signer
from practices import Practice

from socle.evidence import signature
from socle.exposure import store
from socle.exposure.model import Attestation, Scan
from socle.lab import Lab, Machine, Network, run, status
from socle.lab.box import Box, configure
from socle.verify.verdicts import Outcome

# Packages of the other rooms have nothing to do with the box.
DEPLOY = """\
from roles.firewall.deploy import firewall

firewall()
"""

HOSTS = """\
---
all:
  vars:
    ansible_user: {lab.administrator}
    ansible_ssh_private_key_file: {lab.key_file}
  children:
    workstations:
      hosts:
        accueil:
          ansible_host: 10.78.{number}.21
          socle_addresses: [10.78.{number}.21, "2001:db8:{number}::21"]
"""

ALL = """\
---
firewall_peers:
  administration: [10.78.{number}.1, "2001:db8:{number}::1"]
  box: [10.78.{number}.254, "2001:db8:{number}::fe"]
firewall_local_networks: [10.0.0.0/8, "fe80::/10", "2001:db8:{number}::/64"]
"""


def behind_a_box(number: int, folder: Path, others: dict[str, tuple[int, str]]) -> Lab:
    """``box`` between the practice's ``accueil`` and the Internet of the ``attaquant``.

    ``others``: more machines of the practice, the end of their addresses and their image. The
    Internet's addresses are those for measurements (RFC 2544) and documentation: nobody's,
    and yet public to everything that looks at them here.
    """
    lan, wan = f"10.78.{number}", f"198.18.{number}"
    lan6, wan6 = f"2001:db8:{number}:", f"2001:db8:ffff:{number}:"
    router = (f"{lan}.254", f"{lan6}:fe")
    return Lab(
        name=f"box-{number}",
        folder=folder,
        network=Network(f"socle-boxlan{number}", (f"{lan}.1/24", f"{lan6}:1/64")),
        beyond=(Network(f"socle-boxwan{number}", (f"{wan}.1/24", f"{wan6}:1/64")),),
        machines=(
            Machine(
                "box",
                "bookworm",
                (f"{lan}.254", f"{lan6}:fe", f"{wan}.2", f"{wan6}:2"),
                (f"{wan}.1", f"{wan6}:1"),
            ),
            *(
                Machine(name, image, (f"{lan}.{end}", f"{lan6}:{end}"), router)
                for name, (end, image) in {"accueil": (21, "trixie"), **others}.items()
            ),
            Machine(
                "attaquant", "bookworm", (f"{wan}.66", f"{wan6}:66"), (f"{wan}.1", f"{wan6}:2")
            ),
        ),
    )


EXPOSURE = """\
public_addresses: ["{}", "{}"]
approved_by: Dr Démo
attestations: attestations
"""

# In the attacker's network: the operator's own Python, and connections of the attacker's line.
LOOK = """\
import sys
from socle.exposure.recognised import recognised
from socle.exposure.scan import look
for address in sys.argv[1:]:
    found = look(address, list(recognised().ports), "declared", rate=1000, seconds=1.0)
    print(found.model_dump_json())
"""


class BoxPractice(Practice):
    """A practice with one machine, and its box."""

    others: ClassVar[dict[str, tuple[int, str]]] = {}
    rooms, hosts, settings = DEPLOY, HOSTS, ALL

    def __init__(self, root: Path, folder: Path, number: int) -> None:
        super().__init__(root, folder)
        state = folder.with_name(f"{folder.name}-machines")
        self.lab = behind_a_box(number, state, self.others)
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "group_vars").mkdir(parents=True)
        shutil.copy(root / "inventories/demo/inventory.py", folder)
        (folder / "hosts.yml").write_text(self.hosts.format(lab=self.lab, number=number))
        (folder / "group_vars/all.yml").write_text(self.settings.format(number=number))
        self.deploy = folder / "deploy.py"
        self.deploy.write_text(self.rooms)
        self.inside, self.inside6 = self.lab.machine("accueil").addresses
        self.outside = self.lab.machine("box").addresses[2]

    def prepare(self) -> None:
        """A box that lets nothing in, and the firewall applied."""
        shutil.copy(self.lab.known_hosts, self.folder / "known_hosts")
        self.set(Box())
        self.pyinfra("-y")

    def set(self, box: Box) -> None:
        """What a person clicks on the box; and the machine's canary starts anew."""
        configure(self.lab, "box", box)
        self.on("accueil", "nft reset counters table inet socle_canary 2>/dev/null || true")

    def on(self, machine: str, command: str, stdin: str = "") -> str:
        """Run a command as root in one of the machines; its output."""
        done = run(self.lab, machine, command, stdin, timeout=120)
        assert done.returncode == 0, done
        return done.stdout

    def attack(self, address: str, *ports: int) -> str:
        """Connection attempts of the attacker: what came of each."""
        program = (
            "import socket, sys\n"
            "for port in sys.argv[2:]:\n"
            "    try: socket.create_connection((sys.argv[1], int(port)), 1.5); print('open')\n"
            "    except OSError as error: print(type(error).__name__)\n"
        )
        return self.on("attaquant", f"python3 - {address} {' '.join(map(str, ports))}", program)

    def declare(self) -> None:
        """The practice's public addresses, and a key that may sign what was seen there."""
        self.key = key(self.folder, "signer")
        (self.folder / "allowed_signers").write_text(signer("it@example.org", self.key))
        (self.folder / "exposure.yml").write_text(EXPOSURE.format(self.outside, self.inside6))

    def look(self) -> None:
        """`socle exposure attest` from the attacker's line, which would refuse: it is too near."""
        init = status(self.lab)["attaquant"].init
        enter = ("nsenter", "--target", str(init), "--net", sys.executable, "-c", LOOK)
        started = datetime.now().astimezone()
        done = subprocess.run(
            [*enter, self.outside, self.inside6],
            cwd=self.root, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = Attestation(
            practice=self.folder.name,
            socle="1",
            started=started,
            finished=datetime.now().astimezone(),
            source=None,
            approved_by="Dr Démo",
            scans=tuple(map(Scan.model_validate_json, done.stdout.splitlines())),
        )
        signature.sign(store.save(found, None, self.folder / "attestations"), self.key)

    def judged(self, control: str) -> Outcome:
        """The verdict of one control on the practice's machine."""
        return self.verdicts(controls=(control,))["accueil", control]

    def _run(self, code: int | None, program: str, *args, timeout=900, **env) -> str:
        if program == "pyinfra":  # for the rooms that its deploy.py imports
            env["PYTHONPATH"] = str(self.root)
        return super()._run(code, program, *args, timeout=timeout, **env)
