"""One command hardens a practice: what a visitor could open before, and what is left after."""

from __future__ import annotations

import pytest

from socle.baseline.rules import admits
from socle.lab import reboot, reset, run
from socle.lab.scan import open_ports
from socle.verify.verdicts import Verdict

pytestmark = pytest.mark.lab

HOSTS = ("accueil", "medecin", "imagerie", "sauvegarde", "hebergeur")
PORTS = (22, 104, 443, 4242, 5900, 8042, 8443, 11112)
UNKNOWN_IN_A_CONTAINER = {
    "disk-encryption-full",
    "swap-encrypted",
    "luks-keyslots-sane",
    "boot-chain-protected",
}
"""What takes disks and a boot loader of its own: judged in tests/vm."""
NOBODY_LOOKED = "external-exposure-attestation"
"""The demo has no public address, so no look from another line: judged in test_box.py."""
DESKTOP = {
    "screen-lock-gnome",
    "screen-lock-kde-xfce",
    "lock-on-suspend",
    "lockscreen-privacy",
    "no-autologin",
}
COPIES = {"backup-scheduled", "backup-321", "backup-restore-test", "backup-target-hds"}
NOTHING_OF_IT = {"imagerie": DESKTOP, "sauvegarde": DESKTOP | COPIES, "hebergeur": DESKTOP | COPIES}
"""Servers without a desktop, and servers that keep copies of others and no data of their own."""
NOT_ASKED_FOR = {
    "alerting",
    "dcm4chee-secured",
    "orthanc-data-at-rest",
    "orthanc-dicom-peers",
    "orthanc-http-auth",
    "orthanc-network",
    "orthanc-runtime-hardening",
    "orthanc-tls",
}
"""Machines that verify themselves and real imaging servers have labs of their own."""
LISTEN = "python3 -m http.server {port} --bind :: --directory /usr/share/common-licenses"


def scan(cabinet, machine: str, *hosts: str) -> set[tuple[str, int]]:
    """Which ports of the hosts the machine can open, on all of their addresses."""
    addresses = [a for name in hosts for a in cabinet.practice.hosts[name].addresses]
    return open_ports(cabinet.lab, machine, addresses, PORTS)


def listen(cabinet, machine: str, port: int) -> None:
    cabinet.root_on(machine, f"systemd-run --quiet --unit=listen-{port} {LISTEN.format(port=port)}")
    cabinet.root_on(machine, f"until ss -Htln 'sport = {port}' | grep -q .; do sleep 0.1; done")


def reaches(cabinet, machine: str, address: str, port: int) -> bool:
    command = f"timeout 3 bash -c 'exec 3<>/dev/tcp/{address}/{port}'"
    return run(cabinet.lab, machine, command).returncode == 0


@pytest.fixture
def untouched(cabinet):
    """The practice as its machines come from the installer, with programs that listen."""
    for name in () if cabinet.as_installed else HOSTS:
        reset(cabinet.lab, name)
    programs = (("imagerie", 8443), ("imagerie", 8042), ("visiteur", 4444))
    for machine, port in programs:
        listen(cabinet, machine, port)
    yield cabinet
    for machine, port in programs:
        cabinet.root_on(machine, f"systemctl stop listen-{port}")


def test_a_visitor_finds_only_declared_flows(untouched):
    cabinet = untouched
    imaging, visitor = cabinet.practice.hosts["imagerie"].addresses, f"10.77.{cabinet.network}.99"

    before = scan(cabinet, "visiteur", *HOSTS)
    assert {(a, p) for a in imaging for p in (22, 8042, 8443)} <= before
    assert len({a for a, port in before if port == 22}) == 2 * len(HOSTS)
    assert reaches(cabinet, "accueil", visitor, 4444)

    cabinet.pyinfra("-y")

    assert scan(cabinet, "visiteur", *HOSTS) == set()
    assert not reaches(cabinet, "accueil", visitor, 4444)
    assert not reaches(cabinet, "accueil", f"fd77:{cabinet.network}::99", 4444)
    # what the practice declared goes on working, over IPv4 and IPv6
    assert scan(cabinet, "accueil", "imagerie") == {(a, 8443) for a in imaging}
    assert {p for _, p in scan(cabinet, "imagerie", "sauvegarde", "hebergeur")} == {22}


def test_everything_declared_is_admitted_from_where_it_is_declared(hardened):
    practice = hardened.practice
    rules = practice.hosts["imagerie"].settings["firewall_inbound"]
    assert admits(rules, f"10.77.{hardened.network}.21", 8443)
    assert not admits(rules, f"10.77.{hardened.network}.99", 8443)


def test_a_second_apply_changes_nothing(hardened):
    assert hardened.changes(hardened.pyinfra("-y")) == 0


def test_every_promise_holds(hardened):
    hardened.first_backup("accueil", "medecin", "imagerie")
    outcomes = hardened.verdicts()
    assert len(outcomes) == len(HOSTS) * len(hardened.practice.controls)
    left_out = {key: o for key, o in outcomes.items() if o.verdict is not Verdict.PASS}
    for (host, control), outcome in left_out.items():
        expected = NOTHING_OF_IT.get(host, set()) | NOT_ASKED_FOR
        if control == NOBODY_LOOKED:
            assert outcome.verdict is Verdict.UNKNOWN, outcome
        elif control in UNKNOWN_IN_A_CONTAINER | {"backup-offline"}:
            assert outcome.verdict in {Verdict.UNKNOWN, Verdict.NOT_APPLICABLE}, outcome
        else:
            assert control in expected, (host, outcome)
            assert outcome.verdict is Verdict.NOT_APPLICABLE, outcome


def test_a_container_never_passes_for_a_machine_with_encrypted_disks(hardened):
    outcomes = hardened.verdicts(controls=tuple(UNKNOWN_IN_A_CONTAINER))
    assert len(outcomes) == len(HOSTS) * len(UNKNOWN_IN_A_CONTAINER)
    for outcome in outcomes.values():
        assert outcome.verdict is Verdict.UNKNOWN
        assert "a container" in outcome.detail


def test_rules_are_back_after_a_reboot_and_other_tables_were_never_touched(hardened):
    hook = "{ type filter hook forward priority 0; }"
    hardened.root_on(
        "accueil", f"nft 'add table inet docker_like; add chain inet docker_like c {hook}'"
    )
    listing = hardened.root_on("accueil", "nft list table inet docker_like")
    hardened.root_on("accueil", "rm /etc/socle/firewall.nft")
    hardened.pyinfra("-y", "--limit", "accueil")
    assert hardened.root_on("accueil", "nft list table inet docker_like") == listing

    rules = hardened.root_on("accueil", "nft -s list table inet socle")
    reboot(hardened.lab, "accueil")
    assert hardened.root_on("accueil", "nft -s list table inet socle") == rules


def test_debians_own_service_cannot_flush_the_rules_away(hardened):
    rules = hardened.root_on("medecin", "nft -s list table inet socle")
    for verb in ("start", "reload", "restart", "stop"):
        hardened.root_on("medecin", f"systemctl {verb} nftables.service")
        assert hardened.root_on("medecin", "nft -s list table inet socle") == rules, verb


def test_an_apply_works_as_root_too(hardened):
    with hardened.edited("hosts.yml", "ansible_user: adm-socle", "ansible_user: root"):
        assert hardened.changes(hardened.pyinfra("-y")) == 0
