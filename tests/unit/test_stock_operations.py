"""pyinfra's own operations in a room: as root, within bounds, and not where they would do harm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath
from pkgutil import walk_packages
from types import SimpleNamespace

import pytest
from pyinfra import operations
from pyinfra.api import QuoteString, StringCommand
from pyinfra.connectors.util import OutputLine
from rooms import REPOSITORY

from socle.apply import root, stock
from socle.baseline import evidence
from socle.baseline.model import Connection
from socle.bounds import SAY_BEGIN
from socle.report.history import read

ROOMS = [
    SimpleNamespace(
        name="door",
        files=[
            SimpleNamespace(guarded=guarded, sources=[SimpleNamespace(target=path)])
            for path, guarded in (
                ("/etc/door.conf", False),
                ("/etc/systemd/system/door.service", True),
                ("/etc/systemd/system/gate.service.d/door.conf", True),
                ("/etc/systemd/system/bell.timer", False),
                ("/opt/door/plan", False),
            )
        ],
    )
]
REFUSED = [
    ("files.line", {"path": "/etc/door.conf", "line": "x"}, "a file of the room door"),
    ("files.put", {"dest": PurePosixPath("/etc//./door.conf")}, "a file of the room door"),
    ("files.line", {"path": "/etc/ssh/sshd_config"}, "can cut access"),
    ("files.file", {"path": "/etc/sudoers"}, "can cut access"),
    ("systemd.service", {"service": "ssh"}, "can cut access"),
    ("systemd.service", {"service": "ssh.socket"}, "can cut access"),
    ("server.service", {"service": "door", "running": False}, "can cut access"),
    ("systemd.service", {"service": "gate.service"}, "can cut access"),
    ("apt.packages", {"packages": ["nano"], "present": False}, "asks first what goes along"),
    ("server.packages", {"packages": "nano", "present": False}, "asks first what goes along"),
    ("apt.dist_upgrade", {}, "asks first what goes along"),
    ("server.user", {"user": "adm", "present": False}, "is the way in"),
    ("server.user_authorized_keys", {"user": "root"}, "is the way in"),
    ("iptables.rule", {"chain": "INPUT"}, "behind a guard alone"),
    ("files.rsync", {"src": "a", "dest": "/srv"}, "connects by itself"),
    ("files.directory", {"path": "/etc/systemd", "present": False}, "can cut access"),
    ("files.directory", {"path": "/etc", "present": False}, "can cut access"),
    ("files.directory", {"path": "/home", "present": False}, "/home/adm/.ssh, which can cut"),
    ("files.directory", {"path": "/home/adm", "mode": "777"}, "can cut access"),
    ("files.directory", {"path": "/", "mode": "755", "recursive": True}, "can cut access"),
    ("files.directory", {"path": "/usr/lib/", "present": False}, "can cut access"),
    ("files.directory", {"path": "/lib", "present": False}, "can cut access"),
    ("files.directory", {"path": "/opt/door", "present": False}, "a file of the room door"),
    ("files.directory", {"path": "/opt", "recursive": True, "user": "x"}, "a file of the room"),
    ("files.sync", {"src": "a", "dest": "/etc", "delete": True}, "can cut access"),
    ("files.move", {"src": "/etc", "dest": "/srv"}, "can cut access"),
    ("files.link", {"path": "/opt/door", "target": "/srv"}, "a file of the room door"),
    ("files.line", {"path": "//etc/ssh/sshd_config"}, "can cut access"),
    ("files.line", {"path": "/etc/nsswitch.conf"}, "can cut access"),
    ("files.line", {"path": "/etc/passwd"}, "can cut access"),
    ("files.line", {"path": "/etc/shadow"}, "can cut access"),
    ("files.line", {"path": "/etc/group"}, "can cut access"),
    ("files.line", {"path": "/etc/gshadow"}, "can cut access"),
    ("files.put", {"src": "a", "dest": "/root/.ssh/authorized_keys"}, "can cut access"),
    ("files.directory", {"path": "/home/adm/.ssh", "mode": "777"}, "can cut access"),
    ("files.line", {"path": "~/.ssh/authorized_keys"}, "can cut access"),
    ("files.line", {"path": ".ssh/authorized_keys"}, "can cut access"),
    ("files.line", {"path": "ssh/sshd_config", "_chdir": "/etc"}, "can cut access"),
    ("files.directory", {"path": "/var/lib/socle", "present": False}, "is Socle's own"),
    ("files.file", {"path": "/var/run/socle/turn", "present": False}, "is Socle's own"),
    ("files.put", {"src": "a", "dest": "/etc/socle/firewall.nft"}, "is Socle's own"),
    ("systemd.service", {"service": "socle-guard.timer", "running": False}, "is Socle's own"),
    ("systemd.service", {"service": "socle-watch.service"}, "is Socle's own"),
    ("systemd.service", {"service": "soc*"}, "is Socle's own"),
    ("systemd.service", {"service": "ss?.service"}, "can cut access"),
    ("systemd.service", {"service": "ssh@1.service"}, "can cut access"),
    ("files.file", {"path": "/etc/systemd/system/socle-guard.timer"}, "is Socle's own"),
    ("files.line", {"path": "/lib/systemd/system/ssh.service"}, "can cut access"),
    ("files.line", {"path": "/usr/lib/systemd/system/ssh.socket"}, "can cut access"),
    ("files.put", {"dest": "/etc/systemd/system/ssh.service.d/own.conf"}, "can cut access"),
    ("files.put", {"dest": "/run/systemd/system/sshd@.service"}, "can cut access"),
    (
        "files.link",
        {"path": "/etc/systemd/system/multi-user.target.wants/ssh.service", "present": False},
        "can cut access",
    ),
    ("server.group", {"group": "sudo", "present": False}, "is the way in"),
    ("server.group", {"group": "adm", "present": False}, "is the way in"),
    ("server.group", {"group": "wheel", "present": False}, "is the way in"),
    ("server.user", {"user": "archive", "home": "/home/adm"}, "can cut access"),
    ("apt.packages", {"packages": ["nano", "ufw-"]}, "asks first what goes along"),
    ("apt.packages", {"packages": "ufw:amd64-"}, "asks first what goes along"),
    ("apt.packages", {"packages": ["ufw=0.36-1-"]}, "asks first what goes along"),
    ("apt.packages", {"packages": [], "extra_install_args": "-q ufw-"}, "asks first what goes"),
    ("server.packages", {"packages": ["ufw-"]}, "asks first what goes along"),
    ("apt.upgrade", {"auto_remove": True}, "may remove packages"),
    ("apt.deb", {"src": "/srv/a.deb"}, "removes what the package conflicts with"),
    ("systemd.service", {"service": "nftables", "restarted": True}, "can cut access"),
    ("systemd.service", {"service": "ufw.service"}, "can cut access"),
    ("systemd.service", {"service": "firewalld"}, "can cut access"),
    ("server.service", {"service": "netfilter-persistent"}, "can cut access"),
    ("systemd.service", {"service": "wg-quick@wg0"}, "can cut access"),
    ("systemd.service", {"service": "openvpn-client@office"}, "can cut access"),
    ("systemd.service", {"service": "*vpn"}, "can cut access"),
    ("systemd.service", {"service": "tailscaled.service"}, "can cut access"),
    ("systemd.service", {"service": "systemd-user-sessions"}, "can cut access"),
    ("systemd.service", {"service": "user.slice", "running": False}, "takes other units along"),
    ("systemd.service", {"service": "rescue.target"}, "takes other units along"),
    ("files.link", {"path": "/etc/systemd/system/default.target"}, "takes other units along"),
    ("files.put", {"dest": "/etc/systemd/system/nftables.service.d/x.conf"}, "can cut access"),
    ("files.line", {"path": "/etc/wireguard/wg0.conf"}, "can cut access"),
    ("files.put", {"dest": "/etc/hosts.deny"}, "can cut access"),
    ("files.file", {"path": "/etc/nologin"}, "can cut access"),
    ("server.security_limit", {"domain": "*", "item": "maxlogins"}, "can cut access"),
    ("server.kill", {"pid": 1}, "whose process it is"),
    ("git.repo", {"src": "a", "dest": "/srv/a"}, "nobody has judged"),
    ("crontab.crontab", {"command": "true"}, "nobody has judged"),
    ("freebsd.pkg.install", {"package": "x"}, "nobody has judged"),
]
ALLOWED = [
    ("files.line", {"path": "/etc/sshd_banner", "line": "see /etc/door.conf"}),
    ("systemd.service", {"service": "bell.timer"}),
    ("systemd.service", {"service": "cron", "restarted": True}),
    ("apt.packages", {"packages": ["ssh"]}),
    ("server.user", {"user": "archive"}),
    ("server.shell", {"commands": ["true"]}),
    ("files.line", {"path": "/etc/resolv.conf", "line": "nameserver 192.0.2.1"}),
    ("files.line", {"path": "/etc/exports", "line": "/home"}),
    ("files.template", {"src": "a", "dest": "/srv/list", "folders": ["/home", "/etc"]}),
    ("files.directory", {"path": "/etc/systemd/system"}),
    ("files.directory", {"path": "/opt/door", "user": "archive", "mode": "750"}),
    ("files.directory", {"path": "/home/adm/archive", "present": False}),
    ("files.directory", {"path": "/etc/sshd", "recursive": True, "mode": "755"}),
    ("files.put", {"src": "a", "dest": "/etc/systemd/system/archive.service"}),
    ("files.put", {"src": "a", "dest": "/etc/systemd/system/sshfs.service"}),
    ("files.put", {"src": "a", "dest": "/etc/systemd/system/cron.service.d/socle-x.conf"}),
    ("files.sync", {"src": ".", "dest": "/srv/archive"}),
    ("server.shell", {"commands": ["/etc/init.d/x start"], "_chdir": "/etc"}),
    ("server.group", {"group": "sudo"}),
    ("server.group", {"group": "archive", "present": False}),
    ("server.user", {"user": "archive", "home": "/srv/archive"}),
    ("apt.packages", {"packages": ["g++", "nano=7.2-1", "/srv/a-1.deb"]}),
    ("apt.upgrade", {}),
    ("systemd.service", {"service": "systemd-networkd-wait-online", "enabled": False}),
    ("systemd.service", {"service": "srv-archive.mount"}),
    ("server.script", {"src": "a"}),
]


@pytest.mark.parametrize(("name", "words", "reason"), REFUSED)
def test_what_would_do_harm_is_refused(name, words, reason):
    assert reason in stock.refusal(name, words, ROOMS, "adm")


@pytest.mark.parametrize(("name", "words"), ALLOWED)
def test_the_rest_is_not(name, words):
    assert stock.refusal(name, words, ROOMS, "adm") == ""


def connection(user: str, password: str | None = None) -> Connection:
    become = user != "root"
    return Connection("ssh", "h", 22, user, None, None, become=become, become_password=password)


SUDO = """#!/bin/sh
# Like sudo -S: reads the password only when it wants one.
while [ "$1" != -- ]; do shift; done; shift
[ -z "$WANTED" ] || { read -r given; [ "$given" = "$WANTED" ] || exit 1; }
ROOT=yes exec "$@"
"""


@pytest.mark.parametrize("stdin", ["", "a line\n'another'", ["a line", "'another'"]])
@pytest.mark.parametrize(
    ("login", "wanted"),
    [
        (connection("root"), ""),
        (connection("adm"), ""),
        (connection("adm", "pass word"), ""),
        (connection("adm", "pass word"), "pass word"),
    ],
)
def test_a_command_is_roots_and_gets_its_input(tmp_path, login, wanted, stdin):
    sudo = tmp_path / "sudo"
    sudo.write_text(SUDO)
    sudo.chmod(0o755)
    inner = StringCommand("printf %s", QuoteString("it's "), '; echo "$ROOT"; cat')
    command, lines = root.as_root(login, inner, stdin)
    done = subprocess.run(
        ["sh", "-c", command.get_raw_value()],
        input="".join(f"{line}\n" for line in lines),
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "WANTED": wanted},
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout.removeprefix(subprocess.getoutput(SAY_BEGIN.partition(";")[0]) + "\n")
    became = "yes" if login.become else ""
    assert said == f"it's {became}\n" + ("a line\n'another'\n" if stdin else "")
    assert "pass word" not in command.get_raw_value()


def test_who_else_an_operation_names_is_got_from_root():
    found = root.for_whom({"_sudo": True, "_sudo_password": "x", "_shell_executable": "sh"})
    assert (found["_sudo"], found["_sudo_password"], found["_shell_executable"]) == (
        False,
        None,
        None,
    )
    found = root.for_whom({"_sudo_user": "orthanc", "_shell_executable": "sh"})
    assert (found["_sudo"], found["_shell_executable"]) == (True, "sh")
    assert root.for_whom({"_shell_executable": "bash"})["_shell_executable"] == "bash"


def said(*lines: str, on: str = "stdout") -> list[OutputLine]:
    return [OutputLine(on, line) for line in lines]


def test_an_answer_begins_at_its_mark():
    lines = [*said("Welcome!", root.BEGIN, "answer"), *said("motd", root.BEGIN, "oh", on="stderr")]
    assert [one.line for one in root.answer(True, lines)] == ["answer", "oh"]
    refused = said("sudo: a password is required", on="stderr")
    assert root.answer(False, refused) == refused
    with pytest.raises(root.NotRun, match=r"but answers: 1\. Reboot"):
        root.answer(True, said("1. Reboot"))


DEPLOY = """
from io import BytesIO
from pyinfra.operations import files, server
from socle.apply import command_on_change
place = {place!r}
line = files.line(name="A line", path=place + "/lines", line="kept = yes")
files.put(name="A file", src=BytesIO(bytes(range(256))), dest=place + "/file")
files.get(name="Back", src=place + "/file", dest=place + "/back")
command_on_change("echo reacted >>" + place + "/reactions", when=[line])
"""


@pytest.fixture
def pyinfra(toy, tmp_path, monkeypatch):
    """``pyinfra(DEPLOY, "-y")`` on this computer: what it printed, and the applies kept then."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shutil.copy(REPOSITORY / "inventories/local/inventory.py", toy.folder)
    hosts = {"servers": {"hosts": {"ici": {"ansible_connection": "local"}}}}
    toy.write("hosts.yml", json.dumps({"all": {"children": hosts}}))

    def call(deploy: str, *words: str, code: int = 0, **environment: str):
        toy.write("/deploy.py", deploy)
        done = subprocess.run(
            [Path(sys.executable).with_name("pyinfra"), "inventories/p/inventory.py", *words,
             "deploy.py"],
            cwd=toy.root, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        return done.stdout, read(evidence.read(toy.folder).history, "p").applies

    return call


def test_they_are_planned_done_counted_and_done_once(pyinfra, tmp_path):
    deploy = DEPLOY.format(place=str(tmp_path))
    output, applies = pyinfra(deploy, "--dry")
    assert "A line" in output
    assert not applies
    assert not (tmp_path / "lines").exists()
    output, applies = pyinfra(deploy, "-y")
    assert (tmp_path / "lines").read_text() == "kept = yes\n"
    assert (tmp_path / "back").read_bytes() == bytes(range(256))
    assert applies[-1].changed == {"ici": 4}
    output, applies = pyinfra(deploy, "-y")
    assert applies[-1].changed == {"ici": 0}
    assert (tmp_path / "reactions").read_text() == "reacted\n"


def test_what_is_refused_changes_nothing(pyinfra, tmp_path):
    deploy = DEPLOY.format(place=str(tmp_path)) + (
        'files.line(name="Door", path="/etc/ssh/sshd_config", line="UsePAM no")\n'
    )
    for words in ("-y", "--dry"):
        output, applies = pyinfra(deploy, words, code=1)
        assert "refused before any change: files.line: /etc/ssh/sshd_config can cut" in output
        assert not (tmp_path / "lines").exists()
        assert applies == ()


def test_what_nobody_has_judged_is_refused_under_whatever_name(pyinfra):
    """Also what a module has from another one, as `server.crontab`."""
    deploy = 'from pyinfra.operations import server\nserver.crontab(command="true")\n'
    output, _ = pyinfra(deploy, "-y", code=1)
    assert "refused before any change: crontab.crontab: nobody has judged" in output


def test_every_operation_of_every_module_is_asked_about():
    found = [one.name for one in walk_packages(operations.__path__, "pyinfra.operations.")]
    names = {name.split(".")[2] for name in found} - {"util"}
    judged = {name for name in names if not stock.refusal(f"{name}.any", {}, [], "adm")}
    assert judged == {"apt", "files", "server", "systemd"}
    assert len(names) > 40


APT = """#!/bin/sh
case "$*" in *"--no-remove install "*) echo "$*" >>'{}' ;; *) exit 9 ;; esac
"""


def test_a_package_is_installed_only_where_nothing_else_is_removed(pyinfra, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/apt-get").write_text(APT.format(tmp_path / "asked"))
    (tmp_path / "bin/apt-get").chmod(0o755)
    deploy = "from pyinfra.operations import apt, server\n" + "".join(
        f"{module}.packages(packages=['{module}-none'])\n" for module in ("apt", "server")
    )
    pyinfra(deploy, "-y", PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.split()[-1] for line in asked] == ["apt-none", "server-none"]


ENDLESS = "#!/bin/sh\nexec yes\n"
DEAF = "#!/bin/sh\nexec sleep 20\n"


@pytest.mark.parametrize(
    ("grep", "reason"),
    [(ENDLESS, "its answer is larger than 1 MiB"), (DEAF, "Command timed out after 1s")],
)
def test_a_fact_without_end_is_no_answer(pyinfra, tmp_path, grep, reason):
    """pyinfra would go on with an empty one, and write the line a second time."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/grep").write_text(grep)
    (tmp_path / "bin/grep").chmod(0o755)
    (tmp_path / "lines").write_text("kept = yes\n")
    bounds = "from socle import bounds\nfrom socle.apply import adapter\n"
    bounds += "bounds.LARGEST, adapter.FACT_SECONDS = 1 << 20, 1\n"
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    output, _ = pyinfra(bounds + DEPLOY.format(place=str(tmp_path)), "-y", code=1, PATH=path)
    assert reason in output
    assert "cannot go on" in output
    assert (tmp_path / "lines").read_text() == "kept = yes\n"
    assert not (tmp_path / "file").exists()
