"""An address by DHCPv6 outlasts the firewall; where no flow would renew it, nothing begins."""

from __future__ import annotations

import re
import shutil
import time

import pytest
from leases import RENEW, SECONDS, leasing

pytestmark = [pytest.mark.lab, pytest.mark.proof]
HOST = "accueil"
RULES = "nft -s list ruleset; sha256sum /etc/socle/* || :"
FOLDER = "/etc/systemd/network/10-lab.network.d"
CLIENT = "[Network]\\nDHCP=ipv6\\n[DHCPv6]\\nWithoutRA=solicit\\nUseDNS=no\\n"


@pytest.fixture
def leased(cabinet, tmp_path):
    """The practice whose desk has its address by DHCPv6; that address, what its server heard."""
    net = cabinet.network
    address, practice = f"fd77:{net}::d6", cabinet.elsewhere(tmp_path)
    for file, old, new in (
        ("hosts.yml", f"ansible_host: 10.77.{net}.21\n", f'ansible_host: "{address}"\n'),
        ("hosts.yml", f'"fd77:{net}::21"]', f'"fd77:{net}::21", "{address}"]'),
        ("known_hosts", f"10.77.{net}.21,", f"10.77.{net}.21,{address},"),
    ):
        edit(practice, file, old, new)
    (practice.root / "group_vars").unlink()
    shutil.copytree(cabinet.root / "group_vars", practice.root / "group_vars")
    with leasing(f"socle-cab{net}", address) as heard:
        cabinet.root_on(
            HOST,
            f"nft flush ruleset; mkdir {FOLDER} && printf '{CLIENT}' >{FOLDER}/lease.conf && "
            f"networkctl reload && networkctl reconfigure host0 && {has(address)}",
        )
        yield practice, address, heard
        cabinet.root_on(HOST, f"rm -r {FOLDER}; networkctl reload; networkctl reconfigure host0")


def test_a_lease_is_renewed_or_nothing_begins(leased):
    practice, address, heard = leased
    baseline = practice.root / "group_vars/all.yml"
    declared = baseline.read_text()
    rules = practice.root_on(HOST, RULES)
    for name, way, said in (
        ("dhcpv6", "out", "no outbound flow leads to port 547/udp"),
        ("dhcpv6-reponse", "in", "no inbound flow lets its server answer"),
    ):
        baseline.write_text(without(name, declared))
        for engine, code, *words in (
            ("pyinfra", 1, "-y", "--data", f"socle_give_up={HOST}"),
            ("ansible", 2, "-e", f"socle_give_up={HOST}"),
        ):
            output = getattr(practice, engine)("--limit", HOST, *words, code=code)
            told = " ".join(output.split())
            assert f"efused before any change: {address}, an address in use, is leased" in told
            assert f"by DHCPv6, and {said}" in told
            assert f"{{name: {name}, direction: {way}, protocol: udp" in told
    assert practice.root_on(HOST, RULES) == rules

    baseline.write_text(declared)
    practice.pyinfra("-y", "--limit", HOST)
    heard.clear()
    time.sleep(SECONDS + 2)
    assert set(heard) == {RENEW}, "the first answer to each question got through"
    practice.root_on(HOST, f"timeout 1 sh -c '{has(address)}'")
    assert practice.changes(practice.pyinfra("-y", "--limit", HOST)) == 0


def has(address: str) -> str:
    """A command that waits until nobody else on the cable has the address."""
    shown = f"ip -oneline address show to {address} -tentative"
    return f"until {shown} | grep -q {address}/128; do sleep 0.1; done"


def without(name: str, flows: str) -> str:
    """A region's baseline from before there was this flow."""
    found = re.sub(rf"  - name: {name}\n(    .*\n)+", "", flows)
    assert found != flows
    return found


def edit(practice, file: str, old: str, new: str) -> None:
    path = practice.folder / file
    assert path.read_text().count(old) == 1, path.read_text()
    path.write_text(path.read_text().replace(old, new))
