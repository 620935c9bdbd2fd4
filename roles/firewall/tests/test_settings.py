"""What the firewall room refuses before any machine is asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from socle.baseline import load
from socle.errors import BadPractice
from socle.render import render

ROOT = Path(__file__).parents[3]


def flow(port: int, peer: str, more: str = "") -> str:
    """A setting with one more inbound TCP flow."""
    words = f"name: x, direction: in, protocol: tcp, ports: [{port}], peers: [{peer}]"
    return f"firewall_flows: [{{{words}, purpose: essai{more}}}]"


@pytest.fixture
def problems(tmp_path):
    """Problems of the demo practice with one more line in a host's file."""

    def found(line: str) -> str:
        folder = tmp_path / "demo"
        shutil.copytree(ROOT / "inventories/demo", folder)
        (folder / "host_vars").mkdir(exist_ok=True)
        (folder / "host_vars/imagerie.yml").write_text(f"---\n{line}\n")
        with pytest.raises(BadPractice) as caught:
            load(folder, root=ROOT)
        return str(caught.value)

    return found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (flow(443, "any"), "to the whole Internet"),
        (flow(443, "8.8.0.0/16"), "is a public network"),
        (flow(11112, "10.0.0.0/16"), "is a whole network"),
        (flow(443, "imagrie"), "did you mean imagerie?"),
        (
            flow(443, "imagerie", ", hosts: [servres]"),
            "did you mean servers?",
        ),
        ('firewall_local_networks: ["0.0.0.0/0"]', "expected a private network"),
        ("firewall_local_networks: [rubbish]", "expected a private network"),
        ("firewall_forbidden_packages: [openssh-server]", "expected a Debian package other than"),
        ("firewall_forward_interfaces: ['x\" accept #']", "expected text like"),
        ("firewall_imaging_ports: [104]", "firewall_imaging_ports"),
    ],
)  # fmt: skip
def test_refused_with_file_and_line(problems, line, said):
    text = problems(line)
    assert said in text
    assert "host_vars/imagerie.yml:2: firewall_" in text


def test_a_flow_of_root_alone_is_nobody_else_s():
    settings = load(ROOT / "inventories/demo", root=ROOT).hosts["accueil"].settings
    rules = render(Path(__file__).parents[1] / "templates/etc/socle/firewall.nft.j2", settings)
    to_the_box = [line for line in rules.splitlines() if "dport" in line and "1900" in line]
    assert to_the_box
    assert all("meta skuid { root } udp dport { 1900, 5351 } " in line for line in to_the_box)
    assert "skuid" not in next(line for line in rules.splitlines() if '"ntp"' in line)
