"""The lab does what it says, on this very computer."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from labs import net, net6, number

from socle.lab import (
    Lab,
    LabError,
    Machine,
    Network,
    down,
    machines,
    processes,
    reboot,
    reset,
    run,
    status,
    up,
)
from socle.lab.network import is_up
from socle.lab.network import up as network_up

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab(boot) -> Lab:
    return boot({"accueil": "trixie", "imagerie": "bookworm"})


@pytest.fixture
def short_lived(boot, tmp_path: Path) -> Iterator[Lab]:
    """Another lab beside the session's, for a test to end in its own way."""
    network = Network(f"socle-short{number()}", (f"{net('short')}.1/24", f"{net6('short')}::1/64"))
    machine = Machine("accueil", "bookworm", (f"{net('short')}.21", f"{net6('short')}::21"))
    other = Lab(f"short-{number()}", tmp_path / "a folder", network, (machine,))
    yield other
    down(other, print)


def said(lab: Lab, machine: str, command: str) -> str:
    done = run(lab, machine, command)
    assert done.returncode == 0, done
    return done.stdout.strip()


def ssh(lab: Lab, address: str, command: str, user: str = "adm-socle") -> str:
    options = {
        "IdentityFile": lab.key_file,
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": lab.known_hosts,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
    }
    words = [word for key, value in options.items() for word in ("-o", f'{key}="{value}"')]
    return subprocess.run(
        ["ssh", "-F", "none", *words, f"{user}@{address}", command],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def rest_of(lab: Lab) -> str:
    """Everything on this computer that a lab could leave behind."""
    commands = ("ip -brief address", "nft list ruleset", "cat /proc/self/mounts")
    texts = [subprocess.check_output(c.split(), text=True) for c in commands]
    texts += [str(path) for path in Path("/sys/fs/cgroup").rglob("socle-lab-*")]
    texts += [str(path) for path in Path("/run/systemd/nspawn/propagate").glob("*")]
    marks = (lab.network.bridge, lab.tag, str(lab.folder))
    lines = [line for text in texts for line in text.splitlines()]
    lines += [str(process) for process in processes.find(lab.tag)]
    return "\n".join(line for line in lines if any(mark in line for mark in marks))


@pytest.mark.parametrize("machine", ["accueil", "imagerie"])
def test_a_machine_is_a_whole_debian(lab: Lab, machine: str) -> None:
    assert said(lab, machine, "systemctl is-system-running") == "running"
    assert said(lab, machine, "hostname") == machine
    assert said(lab, machine, "cd; pwd; tty || true") == "/root\nnot a tty"
    assert said(lab, machine, "ls -d /var/log/journal/*/system.journal")


def test_the_administrator_comes_in_and_becomes_root(lab: Lab) -> None:
    for machine in lab.machines:
        for address in machine.addresses:
            assert ssh(lab, address, "sudo -n id -un; hostname") == f"root\n{machine.name}"
    assert said(lab, "accueil", "passwd --status adm-socle").split()[1] == "L"


def test_root_comes_in_by_key(lab: Lab) -> None:
    assert ssh(lab, lab.machine("accueil").addresses[0], "id -un", user="root") == "root"


def test_machines_reach_each_other_by_name_and_address(lab: Lab) -> None:
    for target in ("imagerie", *lab.machine("imagerie").addresses):
        said(lab, "accueil", f"ping -c1 -W2 {target}")


def test_packages_can_be_installed(lab: Lab) -> None:
    for machine in ("accueil", "imagerie"):
        said(lab, machine, "apt-get install --yes --quiet tree && tree --version")


def test_input_output_and_failure_come_back(lab: Lab) -> None:
    done = run(lab, "accueil", "cat; echo é >&2; exit 3", stdin="à\n")
    assert (done.returncode, done.stdout, done.stderr) == (3, "à\n", "é\n")


def test_a_command_without_end_is_ended(lab: Lab) -> None:
    with pytest.raises(LabError, match="no end after"):
        run(lab, "accueil", "sleep 4242 & sleep 4242", timeout=0.3)
    assert run(lab, "accueil", "pgrep -f 'sleep [4]242'").returncode == 1


def test_services_are_each_machine_s_own(lab: Lab) -> None:
    said(lab, "accueil", "systemctl stop ssh")
    try:
        assert said(lab, "imagerie", "systemctl is-active ssh") == "active"
        assert ssh(lab, lab.machine("imagerie").addresses[0], "echo yes") == "yes"
    finally:
        said(lab, "accueil", "systemctl start ssh")


def test_up_again_changes_nothing(lab: Lab) -> None:
    before = (status(lab), rest_of(lab), lab.known_hosts.stat().st_mtime_ns)
    up(lab, print)
    assert (status(lab), rest_of(lab), lab.known_hosts.stat().st_mtime_ns) == before


def test_a_reboot_keeps_the_disk_and_a_reset_does_not(lab: Lab) -> None:
    address = lab.machine("accueil").addresses[0]
    said(lab, "accueil", "touch /root/kept")
    first = status(lab)["accueil"].init
    reboot(lab, "accueil")
    assert status(lab)["accueil"].init != first
    assert said(lab, "accueil", "ls /root/kept; systemctl is-system-running").endswith("running")
    assert ssh(lab, address, "id -un") == "adm-socle"
    reset(lab, "accueil")
    assert run(lab, "accueil", "ls /root/kept").returncode != 0
    assert ssh(lab, address, "sudo -n id -un") == "root"


def test_a_machine_may_reboot_itself(lab: Lab) -> None:
    first = status(lab)["imagerie"].init
    run(lab, "imagerie", "systemctl reboot")
    limit = time.monotonic() + 20
    while status(lab)["imagerie"].init in (first, None):
        assert time.monotonic() < limit
        time.sleep(0.1)
    up(lab, print)
    assert ssh(lab, lab.machine("imagerie").addresses[0], "id -un") == "adm-socle"


def test_who_lets_nobody_in_is_told_with_the_console(lab: Lab, monkeypatch) -> None:
    monkeypatch.setattr(machines, "BOOT_SECONDS", 6.0)
    said(lab, "accueil", "systemctl disable ssh.service")
    with pytest.raises(LabError, match=r"(?s)accueil: no SSH greeting on 10\..*systemd"):
        reboot(lab, "accueil")
    reboot(lab, "accueil", wait_for_ssh=False)
    assert said(lab, "accueil", "systemctl is-system-running") == "running"
    monkeypatch.undo()
    reset(lab, "accueil")


def test_down_leaves_nothing(short_lived: Lab) -> None:
    up(short_lived, print)
    assert rest_of(short_lived)
    assert not {line for line in rest_of(short_lived).splitlines() if f"{net('tests')}." in line}
    down(short_lived, print)
    assert rest_of(short_lived) == ""
    assert not short_lived.folder.exists()
    down(short_lived, print)


def test_down_cleans_after_a_killed_manager(short_lived: Lab) -> None:
    up(short_lived, print)
    for process in processes.find(short_lived.tag):
        if not process.init:
            os.kill(process.pid, signal.SIGKILL)
    assert status(short_lived)["accueil"].running
    down(short_lived, print)
    assert rest_of(short_lived) == ""


def test_state_can_be_kept(short_lived: Lab) -> None:
    up(short_lived, print)
    said(short_lived, "accueil", "touch /root/kept")
    down(short_lived, print, keep_state=True)
    assert rest_of(short_lived) == ""
    up(short_lived, print)
    said(short_lived, "accueil", "ls /root/kept")


def test_what_a_killed_lab_of_another_checkout_left_is_replaced(
    short_lived: Lab, tmp_path: Path
) -> None:
    elsewhere = replace(short_lived, folder=tmp_path / "gone")
    network_up(elsewhere)
    network_up(short_lived)
    assert is_up(short_lived)
    assert not is_up(elsewhere)
    tables = subprocess.run(["nft", "list", "tables"], check=True, capture_output=True, text=True)
    assert elsewhere.tag not in tables.stdout
    assert short_lived.tag in tables.stdout


def test_somebody_else_s_bridge_is_left_alone(short_lived: Lab) -> None:
    bridge = short_lived.network.bridge
    subprocess.run(["ip", "link", "add", "name", bridge, "type", "bridge"], check=True)
    try:
        with pytest.raises(LabError, match="not this lab's"):
            up(short_lived, print)
        down(short_lived, print)
        subprocess.run(["ip", "link", "show", "dev", bridge], check=True)
    finally:
        subprocess.run(["ip", "link", "delete", "dev", bridge], check=True)


def test_a_network_that_is_there_already_is_refused(lab: Lab, tmp_path: Path) -> None:
    twin = Lab("twin", tmp_path, Network("socle-test-c", lab.network.gateways), ())
    taken = rf"{re.escape(net('tests'))}\.0/24 .* already there on socle-test"
    with pytest.raises(LabError, match=taken):
        up(twin, print)
    down(twin, print)
