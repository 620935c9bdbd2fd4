"""The next start, tried out with this computer's own nft; systemctl is a stand-in."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from programs import StandIns, program

from socle.apply import stock
from socle.verify import ControlFailed, Unknown

PROGRAM = Path(__file__).parents[1] / "files/probe.py"
NETWORK = """
mount --rbind /etc "$1/etc"; mount -t tmpfs etc /etc; ln -s "$1"/etc/* /etc
rm -f /etc/rc.local /etc/init.d /etc/rc[0-9S].d /etc/systemd; cp -R "$1"/boot/. /etc; shift
ip link set lo up
ip link add host0 type veth peer name far
ip address add 192.0.2.2/24 dev host0; ip address add 2001:db8::2/64 dev host0 nodad
ip link set host0 up; ip link set far up
exec "$@"
"""
STATE = """Id=%s
ActiveState=inactive
NeedDaemonReload=no
After=
Before=%s
ExecMainStartTimestampMonotonic=%i
"""
SYSTEMCTL = f"""
[ "$1" = show ] || {{ cat listed; exit; }}
while [ "$1" != -- ]; do shift; done; shift
for unit; do
  printf "$gap"; gap='\\n'
  cat "units/$unit" 2>/dev/null || printf '{STATE}' "$unit" '' 0
done
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
        self.folder, self.listed, self.stand_ins = folder, "", StandIns(folder)
        self.live, self.systemctl, self.text = "", SYSTEMCTL, PROGRAM.read_text()
        for name in ("boot", "etc", "units"):
            (folder / name).mkdir()

    def boot(self, name: str, text: str = "#!/bin/sh\niptables -P INPUT DROP\n") -> str:
        """An executable file below /etc in place of this computer's; its name."""
        file = self.folder / "boot" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
        return f"/etc/{name}"

    def service(
        self, name: str, *commands: str, ran: bool = False, before: str = "", folder: str = "",
        wants: str = "", listed: bool = True, more: str = "",
    ) -> str:  # fmt: skip
        starts = f"WorkingDirectory={folder}\nWants={wants}\n{more}" + "".join(
            f"ExecStart={{ path={one.split()[0]} ; argv[]={one} ; ignore_errors=no }}\n"
            for one in commands
        )
        unit = f"{name}.service"
        self.file(f"units/{unit}", starts + STATE % (unit, before, ran))
        self.listed += f"{unit}\n" if listed else ""
        return unit

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def loads(self, name: str, text: str, **how: object) -> str:
        """A service that loads a file; both names, as they are printed."""
        file = self.file(f"{name}.conf", text)
        return f"{self.service(name, f'/usr/sbin/nft -f {file}', **how)} {file}"

    def start(self, connection: str = CONNECTION, ends: str = "end") -> list[str]:
        self.file("listed", self.listed)
        self.stand_ins.program("systemctl", f"cd {self.folder}{self.systemctl}")
        live = self.file("live", self.live)
        script = f"{NETWORK.replace('exec', f'nft -f {live}; exec')}"
        done = subprocess.run(
            ["unshare", "--net", "--mount", "sh", "-c", script, "sh", self.folder,
             sys.executable, "-IS", "-c", self.text, connection],
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"},
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        *said, end = done.stdout.splitlines()
        assert end == ends, done
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


@pytest.mark.parametrize(
    ("more", "command", "tried"),
    [
        ("User=camille\n", "/bin/sh", False),
        ("DynamicUser=yes\n", "/bin/sh", False),
        ("User=root\n", "/bin/sh", True),
        ("User=camille\nAmbientCapabilities=cap_chown cap_net_admin\n", "/bin/sh", True),
        ("User=camille\nPermissionsStartOnly=yes\n", "/bin/sh", True),
        ("User=camille\nExecStartEx={ argv[]=sh ; flags=privileged ; pid=0 }\n", "/bin/sh", True),
        ("User=camille\nExecStartEx={ argv[]=sh ; flags= ; pid=0 }\n", "/bin/sh", False),
        ("User=camille\n", "/usr/bin/sudo /bin/sh", True),
    ],
)
def test_an_account_that_may_load_nothing_is_not_asked(host, more, command, tried):
    script = host.file("rapports.sh", "# like nft\n")
    host.service("rapports", f"{command} {script}", more=more)
    assert host.start() == ([f"unread waits rapports.service {script}"] if tried else [])


def test_files_alone_are_opened_and_no_person_s_link_is_followed(host):
    """Of what root itself runs in a person's folder, too."""
    script, home = host.file("rules", "nft flush ruleset\n"), host.folder / "home"
    home.mkdir()
    os.mkfifo(home / "fifo")
    (home / "file").write_text("nft flush ruleset\n")
    (home / "link").symlink_to(script)
    os.chown(home, 20_000, 20_000)
    (host.folder / "link").symlink_to(script)
    for file in (home / "fifo", home / "file", home / "link", host.folder / "link"):
        host.service(f"{file.parent.name}-{file.name}", f"/bin/sh {file}")
    assert sorted(host.start()) == sorted(
        f"unread waits {file.parent.name}-{file.name}.service {file}"
        for file in (home / "file", host.folder / "link")
    )


def test_it_ends_in_time_with_what_it_began(host):
    host.systemctl = "\necho $$ >began; exec sleep 600\n"
    host.text = re.sub("^WHOLE = [0-9]+", "WHOLE = 1", host.text, flags=re.MULTILINE)
    began = time.monotonic()
    assert host.start(ends="late") == []
    child = Path("/proc", (host.folder / "began").read_text().strip())
    while child.exists():
        assert time.monotonic() - began < 8
        time.sleep(0.1)


@pytest.mark.parametrize("runner", ["sh", "bash -e", "python3", "perl", "env -S sh", "nice dash"])
def test_a_script_is_one_however_it_begins(host, runner):
    script = host.file("pare-feu", "nft flush ruleset\n")
    host.service("own", f"/usr/bin/{runner} {script}")
    host.service("sourced", f"/bin/sh -c test -e {script}&&. {script}; true")
    host.service("relative", f"/usr/bin/{runner} pare-feu", folder=f"!{host.folder}")
    host.service("named", "/bin/sh -c pare-feu; true")
    host.service("config", f"/usr/sbin/daemon --config {script}")
    host.service("other", f"/usr/bin/{runner} {host.file('clock', 'date')} /bin/sh")
    assert host.start() == [
        f"unread waits own.service {script}",
        f"unread waits relative.service /usr/bin/{runner.split()[0]}",
        f"unread waits sourced.service {script};",
    ]


def test_a_wrapper_of_the_filter_is_not_run(host, tmp_path):
    script = host.file("iptables", f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    Path(script).chmod(0o755)
    host.service("own", f"{script} start")
    assert host.start() == [f"unread waits own.service {script}"]
    assert not (tmp_path / "ran").exists()


def test_what_generators_will_add(host):
    """Nobody has reloaded systemd since."""
    for name in ("pare-feu.sh", "été", "unlinked", "ssh", "ran"):
        host.boot(f"init.d/{name}")
    host.boot("init.d/clock", "#!/bin/sh\ndate\n")
    host.boot("systemd/system/ssh.service", "[Service]")
    for link in ("rc2.d/S01pare-feu.sh", "rc5.d/S20été", "rc2.d/S01ssh", "rc2.d/S01clock",
                 "rc2.d/S01gone", "rc3.d/S01ran", "rc2.d/K01unlinked",
                 "rc6.d/S01unlinked"):  # fmt: skip
        host.boot(link)
    host.service("ran", "/etc/init.d/ran start", ran=True, listed=False)
    assert host.start() == [
        r"unread waits \xc3\xa9t\xc3\xa9.service /etc/init.d/été",
        "unread waits pare-feu.service /etc/init.d/pare-feu.sh",
        "unread ran ran.service /etc/init.d/ran",
    ]


def test_what_is_enabled_though_nobody_has_reloaded_systemd(host):
    """And what that wants itself, however far."""
    host.service("ssh", "/usr/sbin/sshd -D")
    host.boot("systemd/system/multi-user.target.wants/own.service", "")
    for name, other in (("alias", "theirs.service"), ("itself", "/srv/itself.service"),
                        ("masked", "/dev/null")):  # fmt: skip
        (host.folder / f"boot/systemd/system/{name}.service").symlink_to(other)
    host.file("units/late.target", "Id=late.target\nRequires=static.service static@.service\n")
    for name, wants in {"own": "late.target", "static": "own.service"}.items():
        host.service(name, f"/bin/sh -c iptables {name}", wants=wants, listed=False)
    for name in ("alias", "itself", "masked"):
        host.service(name, f"/bin/sh -c iptables {name}", listed=False)
    assert host.start() == [
        f"unread waits {name}.service /bin/sh" for name in ("alias", "own", "static")
    ]


def test_rc_local_that_was_just_made(host):
    host.boot("rc.local")
    host.service("ssh", "/usr/sbin/sshd -D")
    host.service("rc-local", "/etc/rc.local start", listed=False)
    assert host.start() == ["unread waits rc-local.service /etc/rc.local"]
    (host.folder / "boot/rc.local").chmod(0o644)
    assert host.start() == []


def test_rc_local_that_is_masked(host):
    host.boot("rc.local")
    host.service("ssh", "/usr/sbin/sshd -D")
    assert host.start() == []


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


def test_pyinfras_own_operations_leave_these_programs_alone():
    """The probe travels alone, so the names stand in both."""
    probe = runpy.run_path(str(PROGRAM), run_name="probe")
    for label in (*probe["OTHERS"], "netfilter-persistent", "networking", "nftables", "ufw"):
        assert "can cut access" in stock.refusal("systemd.service", {"service": label}, [], "adm")
