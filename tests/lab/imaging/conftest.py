"""Two imaging servers with a real Orthanc, one of each Debian, and a modality with DCMTK."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from labs import net, number, standing
from practices import Practice

from socle.commands import secrets
from socle.lab import Lab, Machine, Network, run

NETWORK = net("imaging")
SERVERS = ("img12", "img13")
MODALITY = "echographe"
DEPLOY = """
from roles.firewall.deploy import firewall
from roles.imaging.deploy import imaging
from socle.apply import ask_before_giving_up

ask_before_giving_up()
firewall()
imaging()
"""
HOSTS = """
all:
  vars:
    ansible_user: adm-socle
    ansible_ssh_private_key_file: {key}
  children:
    servers:
      children:
        imaging_servers:
          hosts:
            img12: {{ansible_host: {network}.12, socle_addresses: [{network}.12]}}
            img13: {{ansible_host: {network}.13, socle_addresses: [{network}.13]}}
"""
SETTINGS = """
firewall_peers:
  administration: [{network}.1]
  box: [{network}.1]
firewall_flows:
  - name: echographe
    direction: in
    protocol: tcp
    ports: [2762]
    peers: [{network}.20]
    hosts: [imaging_servers]
    purpose: "Images de l'échographe, DICOM TLS"
  - name: visionneuse
    direction: in
    protocol: tcp
    ports: [8443]
    peers: [{network}.20]
    hosts: [imaging_servers]
    purpose: "Visionneuse d'images"
imaging_orthanc: true
imaging_modalities:
  - {{name: echographe, aet: ECHO1, host: {network}.20, port: 11112, allow: [echo, store, find]}}
"""


class Imaging(Practice):
    """The practice, and the machines as root sees them."""

    def __init__(self, root: Path, folder: Path) -> None:
        super().__init__(root, folder)
        self.deploy = folder / "deploy.py"
        images = {"img12": "bookworm", "img13": "trixie", MODALITY: "trixie"}
        ends = {"img12": 12, "img13": 13, MODALITY: 20}
        machines = [Machine(n, image, (f"{NETWORK}.{ends[n]}",)) for n, image in images.items()]
        network = Network(f"socle-img{number()}", (f"{NETWORK}.1/24",))
        state = folder.with_name(f"{folder.name}-machines")
        self.lab = Lab(f"imaging-{number()}", state, network, tuple(machines))

    def write(self) -> None:
        """The practice's files, and its passwords."""
        shutil.rmtree(self.folder, ignore_errors=True)
        words = {"network": NETWORK, "key": self.lab.key_file}
        texts = {"hosts.yml": HOSTS, "group_vars/all.yml": SETTINGS}
        for name, text in texts.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("---\n" + dedent(text).format(**words))
        self.deploy.write_text(DEPLOY)
        shutil.copy(self.root / "inventories/demo/inventory.py", self.folder)
        shutil.copy(self.lab.known_hosts, self.folder / "known_hosts")
        secrets.make(self.folder, self.root)

    def ansible(self, *args: str, **options) -> str:
        return super().ansible("--tags", "firewall,imaging", *args, **options)

    def root_on(self, machine: str, command: str, code: int | None = 0, stdin: str = "") -> str:
        """What a command of root's prints; ``code``: how it has to end (None: however)."""
        done = run(self.lab, machine, command, timeout=600, stdin=stdin)
        said = done.stdout + done.stderr
        assert code is None or done.returncode == code, f"{machine}: {command}\n{said}"
        return said

    def address(self, machine: str) -> str:
        return self.lab.machine(machine).addresses[0]

    def prepare(self) -> None:
        for machine in (*SERVERS, MODALITY):
            self.root_on(
                machine,
                "dpkg-query -W dcmtk >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND="
                "noninteractive apt-get install -qq --no-install-recommends dcmtk; }",
            )
        self.write()


@pytest.fixture(scope="session")
def imaging(need_a_lab: None, pytestconfig: pytest.Config) -> Iterator[Imaging]:
    """The practice with machines as they come from the installer."""
    root = pytestconfig.rootpath
    made = Imaging(root, root / f"build/imaging-{number()}")
    with standing(made.lab):
        made.prepare()
        yield made
