"""The next start, tried out with this computer's own nft; systemctl is a stand-in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from programs import StandIns, program

from socle.verify import ControlFailed, Unknown

PROGRAM = Path(__file__).parents[1] / "files/probe.py"
NETWORK = """
ip link set lo up
ip link add host0 type veth peer name far
ip address add 192.0.2.2/24 dev host0; ip address add 2001:db8::2/64 dev host0 nodad
ip link set host0 up; ip link set far up
exec "$@"
"""
CONNECTION = "192.0.2.1 40000 192.0.2.2 22"
TABLE = """
table inet theirs {
  chain input {
    type filter hook input priority filter; policy %s;
    %s
  }
}
"""
CLOSED = TABLE % ("drop", "meta l4proto icmpv6 accept")
OPEN = TABLE % ("drop", "meta l4proto icmpv6 accept; tcp dport 22 accept")
SHIPPED = "#!/usr/sbin/nft -f\nflush ruleset\n" + TABLE % ("accept", "")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("nft") or not shutil.which("unshare"),
    reason="needs root, nft and unshare: packet filters in network namespaces",
)


class Host:
    """Services of the next start, and what a start of them would come to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.blocks, self.stand_ins = folder, [], StandIns(folder)
        self.live = ""

    def service(self, name: str, *commands: str, ran: bool = False, before: str = "") -> str:
        starts = "".join(
            f"ExecStart={{ path={one.split()[0]} ; argv[]={one} ; ignore_errors=no }}\n"
            for one in commands
        )
        self.blocks.append(
            f"{starts}Id={name}.service\nActiveState=inactive\nNeedDaemonReload=no\nAfter=\n"
            f"Before={before}\nExecMainStartTimestampMonotonic={int(ran)}\n"
        )
        return f"{name}.service"

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def loads(self, name: str, text: str, **how: object) -> str:
        """A service that loads a file; both names, as they are printed."""
        file = self.file(f"{name}.conf", text)
        return f"{self.service(name, f'/usr/sbin/nft -f {file}', **how)} {file}"

    def start(self, connection: str = CONNECTION) -> list[str]:
        self.file("names", "".join(re.findall(r"^Id=(.*\n)", "\n".join(self.blocks), re.MULTILINE)))
        self.file("show", "\n".join(self.blocks))
        self.stand_ins.program("systemctl", f"[ $1 = show ] || set names; cat {self.folder}/$1")
        live = self.file("live", self.live)
        script = f"{NETWORK.replace('exec', f'nft -f {live}; exec')}"
        done = subprocess.run(
            ["unshare", "--net", "sh", "-c", script, "sh", sys.executable, "-I", "-c",
             PROGRAM.read_text(), connection],
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"},
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        *said, end = done.stdout.splitlines()
        assert end == "end", done
        return said


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_nothing_else_loads_rules(host):
    host.service("ssh", "/usr/sbin/sshd -D")
    assert host.start() == []


def test_the_file_that_debian_ships_harms_nobody(host):
    said = host.loads("nftables", SHIPPED)
    assert host.start() == [f"loads {said}"]


@pytest.mark.parametrize("connection", [CONNECTION, "2001:db8::1 40000 2001:db8::2 22",
                                        "fe80::1%host0 40000 fe80::2%host0 22"])  # fmt: skip
def test_a_file_that_cuts_the_way_in(host, connection):
    said = host.loads("nftables", CLOSED)
    assert host.start(connection) == [f"loads {said}", f"cut {said}"]


def test_a_file_that_lets_the_way_in_be(host):
    said = host.loads("nftables", OPEN)
    assert host.start() == [f"loads {said}"]


def test_what_is_loaded_already_has_admitted_the_client(host):
    """By its hardware address, for instance, which nobody has here."""
    here = TABLE % ("drop", "ether saddr 02:00:00:00:00:09 tcp dport 22 accept")
    said = host.loads("nftables", "flush ruleset\n" + here)
    assert host.start() == [f"loads {said}", f"cut {said}"]
    host.live = here
    assert host.start() == [f"loads {said}"]


def test_a_later_service_that_flushes_ours_away(host):
    said = host.loads("theirs", SHIPPED)
    assert host.start() == [f"loads {said}", f"lost {said}"]


def test_one_that_ours_waits_for_may_flush(host):
    said = host.loads("theirs", SHIPPED, before="socle-firewall.service shutdown.target")
    assert host.start() == [f"loads {said}"]


def test_one_that_puts_ours_back_itself(host):
    file = host.file("theirs.conf", SHIPPED)
    host.service("theirs", f"/usr/sbin/nft -f {file}", "/usr/sbin/nft -f /etc/socle/firewall.nft")
    assert host.start() == [f"loads theirs.service {file}"]


@pytest.mark.parametrize(("ran", "word"), [(False, "waits"), (True, "ran")])
def test_what_cannot_be_tried_is_told_with_whether_it_has_run(host, ran, word):
    script = host.file("rules", "#!/bin/sh\niptables -P INPUT DROP\n")
    host.service("own", f"/bin/bash {script}", ran=ran)
    host.service("told", "/bin/sh -c nft -f /srv/rules", ran=ran)
    broken = host.loads("nftables", "include", ran=ran)
    endless = host.loads("endless", 'include "/dev/zero"', ran=ran)
    host.service("firewalld", "/usr/sbin/firewalld --nofork", ran=ran)
    host.service("wg-quick@wg0", "/usr/bin/wg-quick up wg0")
    assert sorted(host.start()) == sorted(
        f"unread {word} {said}"
        for said in (
            f"own.service {script}", "told.service /srv/rules", broken, endless,
            "firewalld.service firewalld.service",
        )
    )  # fmt: skip


def test_without_ssh_there_is_no_way_in_to_lose(host):
    said = host.loads("nftables", CLOSED)
    assert host.start("") == [f"loads {said}"]


@pytest.fixture(scope="module")
def check():
    return program(PROGRAM.parents[1] / "test_firewall.py")


def answering(*lines: str) -> SimpleNamespace:
    said = SimpleNamespace(stdout="".join(f"{line}\n" for line in lines))
    return SimpleNamespace(run=lambda *_, **how: said)


@pytest.mark.parametrize(
    ("kind", "error", "said"),
    [
        ("cut", ControlFailed, "nobody gets in like this any more because of: u.service (/f)"),
        ("lost", ControlFailed, "the rules are taken away by: u.service (/f)"),
        ("unread ran", Unknown, "cannot be tried: u.service (/f)"),
        ("unread waits", Unknown, "cannot be tried: u.service (/f)"),
    ],
)
def test_a_verdict_on_the_next_start(check, kind, error, said):
    with pytest.raises(error, match=re.escape(said)):
        check.expect_kept(answering("loads o.service /o", f"{kind} u.service /f", "end"))


def test_a_start_that_harms_nobody_or_was_not_tried(check):
    check.expect_kept(answering("loads o.service /o", "end"))
    with pytest.raises(RuntimeError, match="could not be tried out"):
        check.expect_kept(answering("loads o.service /o"))
