"""Never locked out, never half-done: refused before, undone after, and killed in between."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from socle.lab import reboot, reset

pytestmark = pytest.mark.lab
HOST = "accueil"
MACHINES = (HOST,)
RULES = "nft -s list table inet socle; nft -s list table inet socle_canary; sha256sum /etc/socle/*"
UNDONE = "the host put its previous state back by itself"


@pytest.fixture
def fragile(hardened, tmp_path):
    """The practice in a checkout whose rules can be broken."""
    return hardened.elsewhere(tmp_path)


def break_rules(cabinet, before: str) -> None:
    """A rule that drops SSH, in front of the rule that starts with ``before``."""
    template = cabinet.root / "roles/firewall/templates/etc/socle/firewall.nft.j2"
    text = template.read_text()
    assert before in text
    template.write_text(text.replace(before, f"tcp dport 22 drop\n\t\t{before}", 1))


def patience(seconds: int) -> tuple[str, str, str]:
    """The practice with another time to confirm a change."""
    return "group_vars/all.yml", "---\n", f"---\nfirewall_guard_seconds: {seconds}\n"


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("jump essential_icmp\n\t\ticmp type echo-request limit", id="new-connections"),
        pytest.param("ct state established,related accept\n\t\tct state invalid", id="all-packets"),
    ],
)
def test_rules_that_cut_ssh_are_undone_by_the_host(hardened, fragile, before):
    rules = hardened.root_on(HOST, RULES)
    break_rules(fragile, before)
    with fragile.edited(*patience(8)):
        output = fragile.pyinfra("-y", "--limit", HOST, code=1)
    is_back(hardened, rules, output)


def test_ansible_too_says_that_the_host_undid_the_change(hardened, fragile):
    rules = hardened.root_on(HOST, RULES)
    break_rules(fragile, "jump essential_icmp\n\t\ticmp type echo-request limit")
    with fragile.edited(*patience(25)):
        output = fragile.ansible("--limit", HOST, code=2)
    is_back(hardened, rules, output)


def is_back(cabinet, rules: str, output: str) -> None:
    """The run said so, the rules are what they were, and nothing of the guard is left."""
    assert UNDONE in " ".join(output.split())
    assert "Traceback" not in output
    assert cabinet.root_on(HOST, RULES) == rules
    assert "unconfirmed change undone" in cabinet.root_on(HOST, "journalctl -t socle-guard")
    assert "socle-guard" not in cabinet.root_on(HOST, "find /etc/systemd/system")
    assert cabinet.changes(cabinet.pyinfra("-y", "--limit", HOST)) == 0


@pytest.mark.parametrize(("engine", "code"), [("pyinfra", 1), ("ansible", 2)])
def test_a_practice_that_forgets_the_operator_is_refused_before_any_change(hardened, engine, code):
    rules = hardened.root_on(HOST, RULES)
    told = f"socle_give_up={HOST}"
    arguments = ("-y", "--data", told) if engine == "pyinfra" else ("-e", told)
    with hardened.edited(
        "group_vars/all.yml", f"administration: [10.77.{hardened.network}.1, ", "administration: ["
    ):
        output = getattr(hardened, engine)(*arguments, "--limit", HOST, code=code)
    said = " ".join(output.split())
    operator = f"10.77.{hardened.network}.1"
    assert f"efused before any change: no inbound flow lets {operator} reach port 22/tcp" in said
    assert "Traceback" not in output
    assert hardened.root_on(HOST, RULES) == rules


PYINFRA = ("pyinfra", "{}", "deploy.py", "-y")
ANSIBLE = ("ansible-playbook", "-i", "{}", "site.yml", "--tags", "firewall")


def started(cabinet, words: tuple[str, ...] = PYINFRA) -> subprocess.Popen[str]:
    """A run in the background, in a process group of its own."""
    program, *words = [word.format(cabinet.folder / "inventory.py") for word in words]
    return subprocess.Popen(
        [Path(sys.executable).parent / program, *words, "--limit", HOST],
        cwd=cabinet.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code"), [(PYINFRA, 1), (ANSIBLE, 2)], ids=["pyinfra", "ansible"]
)
def test_a_run_that_was_suspended_loads_nothing_of_what_the_host_put_back(hardened, words, code):
    """Rules on disk that keep the operator out; somebody on the spot has let everybody in."""
    operator = rf"10\.77\.{hardened.network}\.1"
    hardened.root_on(
        HOST,
        rf"sed -i 's/{operator}\b/192.0.2.77/g' /etc/socle/firewall.nft; nft flush ruleset; "
        "rm -f /var/lib/socle/undone",
    )
    with hardened.edited(*patience(8)):
        run = started(hardened, words)
        hardened.root_on(HOST, "until test -d /var/lib/socle/guard; do sleep 0.02; done")
        os.killpg(run.pid, signal.SIGSTOP)
        hardened.root_on(HOST, "until test -e /var/lib/socle/undone; do sleep 0.2; done; sleep 1")
        os.killpg(run.pid, signal.SIGCONT)
        output, _ = run.communicate(timeout=300)
    assert run.returncode == code, output
    assert "the host has already gone back" in " ".join(output.split())
    assert hardened.root_on(HOST, "nft list tables") == ""


def test_a_run_that_is_killed_can_be_run_again(hardened):
    hardened.root_on(HOST, "rm /etc/socle/*.nft; nft delete table inet socle")
    run = started(hardened)
    hardened.root_on(HOST, "until test -d /var/lib/socle/guard; do sleep 0.05; done")
    run.send_signal(signal.SIGKILL)
    run.wait()
    hardened.pyinfra("-y", "--limit", HOST)
    assert "guard" not in hardened.read_on(HOST, "ls -A /var/lib/socle")
    assert hardened.changes(hardened.pyinfra("-y", "--limit", HOST)) == 0
    assert "socle-guard" not in hardened.read_on(HOST, "systemctl list-timers --all")


def test_what_the_host_cannot_put_back_is_named_and_tried_again(hardened):
    """A file that is mounted; an immutable one, a full disk or a broken one takes the same way."""
    rules, file = hardened.root_on(HOST, RULES), "/etc/socle/firewall.nft"
    settings = "---\nfirewall_guard_seconds: 8\nfirewall_log_per_minute: 37\n"
    with hardened.edited("group_vars/all.yml", "---\n", settings):
        run = started(hardened)
        written = f"until grep -q 37 {file}; do sleep 0.02; done"
        hardened.root_on(HOST, f"{written}; mount --bind {file} {file}")
        run.kill()
        run.wait()
    stuck = f"could not put back {file};"
    hardened.root_on(
        HOST, f"until journalctl -t socle-guard | grep -q '{stuck}'; do sleep 0.2; done; sleep 1"
    )
    assert rules.startswith(hardened.root_on(HOST, "nft -s list table inet socle"))
    timer = hardened.root_on(HOST, "systemctl show socle-guard.timer")
    assert {"SubState=waiting", "UnitFileState=enabled"} <= set(timer.splitlines())
    assert re.search(r"^NextElapseUSecMonotonic=\d", timer, re.MULTILINE)

    refused = hardened.pyinfra("-y", "--limit", HOST, code=1)
    refused_too = hardened.ansible("--limit", HOST, code=2)
    for output in (refused, refused_too):
        assert f"and the host cannot put back {file}: " in " ".join(output.split())
        assert "Traceback" not in output

    soon = "sed -i 's/=300s/=1s/' /etc/systemd/system/socle-guard.timer; systemctl daemon-reload"
    hardened.root_on(HOST, f"umount {file}; {soon}; systemctl restart socle-guard.timer")
    hardened.root_on(HOST, "while test -d /var/lib/socle/guard.restoring; do sleep 0.2; done")
    is_back(hardened, rules, UNDONE)


def test_ctrl_c_ends_a_run_with_an_error(hardened):
    hardened.root_on(HOST, "rm /etc/socle/*.nft; nft delete table inet socle")
    run = started(hardened)
    hardened.root_on(HOST, "until test -d /var/lib/socle/guard; do sleep 0.05; done")
    os.killpg(run.pid, signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 130, output
    assert "Interrupted" in output
    hardened.pyinfra("-y", "--limit", HOST)


@pytest.fixture(scope="module")
def first_apply(cabinet) -> float:
    """Seconds that an apply takes on a machine as it comes from the installer."""
    reset(cabinet.lab, HOST)
    began = time.monotonic()
    cabinet.pyinfra("-y", "--limit", HOST)
    return time.monotonic() - began


@pytest.mark.proof(apart=True)  # half an hour
@pytest.mark.parametrize("twentieth", range(20))
def test_a_first_apply_killed_at_any_moment_converges(cabinet, first_apply, twentieth):
    """A kill in each twentieth of the time that a first apply takes, drawn within it."""
    reset(cabinet.lab, HOST)
    run = started(cabinet)
    try:
        run.communicate(timeout=first_apply * (twentieth + random.random()) / 20)
    except subprocess.TimeoutExpired:
        run.kill()
        run.communicate()
    cabinet.pyinfra("-y", "--limit", HOST, SOCLE_APT_LOCK_SECONDS="120")
    assert cabinet.changes(cabinet.pyinfra("-y", "--limit", HOST)) == 0
    assert "guard" not in cabinet.root_on(HOST, "ls -A /var/lib/socle")


def test_a_power_cut_in_the_middle_leads_back_too(hardened, fragile):
    rules = hardened.root_on(HOST, RULES)
    break_rules(fragile, "ct state established,related accept\n\t\tct state invalid")
    cut = "nft list chain inet socle input | grep -q 'dport 22 drop'"
    with fragile.edited(*patience(8)):
        run = started(fragile)
        hardened.root_on(HOST, f"until {cut}; do sleep 0.05; done")
    run.send_signal(signal.SIGKILL)
    run.wait()
    reboot(hardened.lab, HOST, wait_for_ssh=False)
    hardened.root_on(HOST, "while test -d /var/lib/socle/guard; do sleep 0.2; done; sleep 1")
    assert hardened.root_on(HOST, RULES) == rules
