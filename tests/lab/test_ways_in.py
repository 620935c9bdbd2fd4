"""What else can end the way in: a removal, a reload of sshd, others' rules at the next start."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.lab
HOST, SERVER = MACHINES = "accueil", "sauvegarde"
PENDING = "/etc/ssh/sshd_config.d/99-pending.conf"
OURS = "/etc/ssh/sshd_config.d/20-socle-backup.conf"
KEY = "/home/adm-socle/.ssh/authorized_keys"
ELSEWHERE = r"Match User adm-socle\n  AuthorizedKeysFile /etc/ssh/keys-%%u\n"
INCLUDING = "/etc/ssh/sshd_config.d/30-including.conf"
RELOAD = "systemctl reload ssh.service"
LEFT = f"ls -A /var/lib/socle; ls -d {OURS} || :"
BACK = "systemctl start socle-guard.service"
HANGING = "/usr/local/sbin/sshd"
HANGS = """#!/bin/sh
case $* in *-C*) echo $$ >/run/held; exec sleep 600 ;; esac
exec /usr/sbin/sshd "$@"
"""
SSHD = "ss -Htln 'sport = 22' | wc -l; ss -Htln 'sport = 2222' | wc -l; ls /etc/ssh/sshd_config.d"
DEPENDENT = """set -e; d=$(mktemp -d)
for p in 'tftpd-hpa' 'socle-example'; do
    mkdir -p "$d/$p/DEBIAN"
    { printf 'Package: %s\\nVersion: 1\\nArchitecture: all\\n' "$p"
      echo 'Maintainer: Nobody <nobody@example.org>'
      [ "$p" = tftpd-hpa ] || echo 'Depends: tftpd-hpa'
      echo 'Description: only its name'; } >"$d/$p/DEBIAN/control"
    dpkg-deb --build "$d/$p" "$d/$p.deb"; dpkg --install "$d/$p.deb"
done
apt-mark auto socle-example; rm -r "$d"
"""


def forbidding(cabinet, *more: str):
    """The practice with more forbidden packages."""
    known = cabinet.practice.hosts[HOST].settings["firewall_forbidden_packages"]
    names = ", ".join([*known, *more])
    return cabinet.edited(
        "group_vars/all.yml", "---\n", f"---\nfirewall_forbidden_packages: [{names}]\n"
    )


def test_a_removal_that_takes_the_way_in_along(hardened):
    refused = "efused before any change: removing openssh-client would take openssh-server along"
    packages = hardened.root_on(HOST, "dpkg-query -W | sha256sum")
    with forbidding(hardened, "openssh-client"):
        for output in (
            hardened.pyinfra("--dry", "--limit", HOST, code=1),
            hardened.pyinfra("-y", "--limit", HOST, code=1),
            hardened.ansible("--limit", HOST, "--tags", "firewall", "--check", code=2),
        ):
            assert refused in " ".join(output.split())
            assert "Traceback" not in output
    assert hardened.root_on(HOST, "dpkg-query -W | sha256sum") == packages


def test_what_a_removal_takes_along_is_shown(hardened):
    hardened.root_on(HOST, DEPENDENT)
    shown = "package socle-example, taken along by tftpd-hpa"
    assert shown in hardened.pyinfra("--dry", "--diff", "--limit", HOST)
    assert shown in hardened.ansible("--limit", HOST, "--tags", "firewall", "--check")
    hardened.root_on(HOST, "apt-mark manual socle-example")
    output = hardened.pyinfra("-y", "--limit", HOST, code=1)
    assert "take socle-example along, which somebody installed by name" in " ".join(output.split())
    hardened.root_on(HOST, "apt-mark auto socle-example")
    hardened.pyinfra("-y", "--limit", HOST)
    assert "socle-example" not in hardened.read_on(HOST, "dpkg-query -W -f '${Package} '")


@pytest.fixture
def pending(hardened):
    """A backup server where somebody left another port for the next start of sshd."""
    hardened.root_on(SERVER, f"echo 'Port 2222' >{PENDING}; rm {OURS}")
    yield hardened
    hardened.root_on(SERVER, f"rm -f {PENDING}")
    hardened.pyinfra("-y", "--limit", SERVER)
    assert OURS in hardened.read_on(SERVER, f"ls {OURS}")


@pytest.mark.parametrize(("engine", "code"), [("pyinfra", 1), ("ansible", 2)])
def test_sshd_does_not_read_a_port_that_nobody_can_reach(pending, engine, code):
    before = pending.root_on(SERVER, SSHD)
    words = ("-y",) if engine == "pyinfra" else ("--tags", "backup")
    output = getattr(pending, engine)(*words, "--limit", SERVER, code=code)
    said = " ".join(output.split())
    assert "sshd would no longer listen on port 22, where the connection in use is" in said
    assert f"port 2222 stands in {PENDING}" in said
    assert "Traceback" not in output
    assert pending.root_on(SERVER, SSHD) == before
    assert "guard" not in pending.root_on(SERVER, "ls -A /var/lib/socle")


def test_sshd_does_not_read_what_somebody_else_left_and_nobody_has_tried(pending):
    theirs = "Match User adm-socle\n  AuthorizedKeysFile /etc/ssh/keys-%u\n"
    pending.root_on(SERVER, f"printf %s {shlex.quote(theirs)} >{PENDING}")
    output = pending.pyinfra("-y", "--limit", SERVER, code=1)
    said = " ".join(output.split())
    assert f"sshd has not read {PENDING} since somebody changed it" in said
    assert "guard" not in pending.root_on(SERVER, "ls -A /var/lib/socle")


@pytest.fixture
def moved(pending):
    """The operator's key is where only somebody else's drop-in, in force, has it looked for."""
    pending.root_on(
        SERVER,
        f"printf '{ELSEWHERE}' >{PENDING} && mv {KEY} /etc/ssh/keys-adm-socle && {RELOAD}",
    )
    yield pending
    pending.root_on(SERVER, f"rm -f {PENDING}; mv /etc/ssh/keys-adm-socle {KEY}; {RELOAD}")


@pytest.mark.parametrize(("engine", "code"), [("pyinfra", 1), ("ansible", 2)])
def test_sshd_does_not_forget_what_somebody_else_took_away(moved, engine, code):
    moved.root_on(SERVER, f"rm {PENDING}")
    words = ("-y",) if engine == "pyinfra" else ("--tags", "backup")
    output = getattr(moved, engine)(*words, "--limit", SERVER, code=code)
    said = " ".join(output.split())
    assert "sshd has not read what is in /etc/ssh/sshd_config.d since somebody changed it" in said
    assert "Traceback" not in output
    assert not {"guard", OURS} & set(moved.root_on(SERVER, LEFT).split())
    moved.pyinfra("--dry", "--limit", SERVER)  # the operator still gets in


def test_sshd_does_not_read_what_an_include_or_a_link_leads_to(pending):
    files = "/etc/ssh/other.d/a.conf", "/srv/theirs.conf"
    pending.root_on(
        SERVER,
        f"mkdir /etc/ssh/other.d; touch {' '.join(files)}; ln -sf {files[1]} {PENDING}; "
        f"echo 'Include /etc/ssh/other.d/*.conf' >{INCLUDING}; {RELOAD}; "
        f"echo '# untried' | tee {' '.join(files)}",
    )
    output = pending.pyinfra("-y", "--limit", SERVER, code=1)
    pending.root_on(SERVER, f"rm -r {INCLUDING} {PENDING} /etc/ssh/other.d {files[1]}; {RELOAD}")
    assert f"sshd has not read {files[0]}, {files[1]} since somebody" in " ".join(output.split())


def test_a_run_killed_before_sshd_read_its_file_is_no_strangers_change(pending):
    pending.root_on(SERVER, f"rm {PENDING}")
    pending.root_on(SERVER, f"printf %s {shlex.quote(HANGS)} >{HANGING}; chmod +x {HANGING}")
    run = subprocess.Popen(
        [Path(sys.executable).parent / "pyinfra", pending.folder / "inventory.py", "deploy.py",
         "-y", "--limit", SERVER],
        cwd=pending.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        pending.root_on(SERVER, f"until test -s /run/held; do sleep 0.1; done; ls {OURS}")
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    held = "kill -9 -- -$(ps -o pgid= $(cat /run/held) | tr -d ' '); rm /run/held"
    pending.root_on(SERVER, f"rm {HANGING}; {held}; {BACK}; test ! -e {OURS}")
    pending.pyinfra("-y", "--limit", SERVER)
    pending.read_on(SERVER, f"ls {OURS}")


CLOSED = """flush ruleset
table inet theirs {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established accept
  }
}
"""
RULES = "nft -s list ruleset; sha256sum /etc/socle/*; ls -A /var/lib/socle"


@pytest.fixture
def waiting(hardened):
    """A desk that is to load another file at its next start, and something that is to be mended."""
    hardened.root_on(
        HOST,
        "cp -p /etc/nftables.conf /root/ && systemctl --quiet enable nftables.service && "
        f"printf %s {shlex.quote(CLOSED)} >/etc/nftables.conf; nft delete table inet socle_canary",
    )
    yield hardened
    hardened.root_on(
        HOST,
        "systemctl --quiet disable nftables.service && mv /root/nftables.conf /etc/nftables.conf",
    )


def test_rules_that_wait_for_the_next_start(waiting):
    """They are refused before any change, also by a plan; what Debian ships is not."""
    before = waiting.root_on(HOST, RULES)
    for output in (
        waiting.pyinfra("--dry", "--limit", HOST, code=1),
        waiting.pyinfra("-y", "--limit", HOST, code=1),
        waiting.ansible("--limit", HOST, "--tags", "firewall", code=2),
    ):
        said = " ".join(output.split())
        assert "efused before any change: at the next start nftables.service loads" in said
        assert "/etc/nftables.conf, and from there on the connection in use is not let in" in said
        assert "Traceback" not in output
    assert waiting.root_on(HOST, RULES) == before

    waiting.root_on(HOST, "cp -p /root/nftables.conf /etc/nftables.conf")
    waiting.pyinfra("-y", "--limit", HOST)
    assert "table inet socle_canary" in waiting.read_on(HOST, RULES)
