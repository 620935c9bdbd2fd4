"""Commands on a host: a real OpenSSH client against a small SSH server on this computer."""

import tempfile
import threading
import time

import paramiko
import pytest
from servers import Server

import socle.verify.connections
from socle.baseline.model import Connection, Host
from socle.errors import SocleError
from socle.verify import Unknown
from socle.verify.backend import testinfra_host as machine
from socle.verify.batch import ask_all
from socle.verify.checks import Unreachable
from socle.verify.connections import Connections
from socle.verify.memory import Remembered
from socle.verify.questions import Question

PASSWORD = "très secret"

# Stands in for sudo: asks for the password as `sudo -S` does, says how it was called.
SUDO = """#!/bin/sh
echo "$*" >> "$(dirname "$0")/calls"
case $1 in
  -n) [ -e "$(dirname "$0")/free" ] || { echo "sudo: a password is required" >&2; exit 1; } ;;
  -S) read -r given; [ "$given" = "très secret" ] || { echo "sudo: 1 incorrect password attempt" >&2; exit 1; } ;;
esac
while [ "$1" != -- ]; do shift; done; shift
SUDONE=yes exec "$@"
"""  # noqa: E501


@pytest.fixture
def server(tmp_path, keys):
    (tmp_path / "sudo").write_text(SUDO)
    (tmp_path / "sudo").chmod(0o755)
    started = Server(
        tmp_path,
        paramiko.Ed25519Key.from_private_key_file(str(keys / "host")),
        paramiko.Ed25519Key.from_private_key_file(str(keys / "user")),
    )
    know(tmp_path, started.port, keys / "host.pub")
    yield started
    started.stop()


def know(folder, port, public_key):
    kind, key, *_ = public_key.read_text().split()
    (folder / "known hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")


@pytest.fixture
def connect(server, keys, tmp_path):
    """Connections to hosts that are all our server, closed at the end."""
    opened = []

    def to(*names, **changes):
        words = {
            "port": server.port,
            "user": "adm-socle",
            "key_file": keys / "user",
            "known_hosts_file": tmp_path / "known hosts",
            **changes,
        }
        connection = Connection("ssh", "127.0.0.1", **words)
        hosts = {name: Host(name, ("all",), ("127.0.0.1",), connection) for name in names}
        opened.append(Connections(hosts))
        return opened[-1]

    yield to
    for one in opened:
        one.close()


def test_all_commands_share_one_connection(connect, server):
    connections = connect("accueil")
    host = machine(connections.link("accueil"))
    assert host.run("echo %s; exit 3", "é 'a'").stdout == "é 'a'\n"
    assert host.run("exit 3").rc == 3
    assert host.run("locale charmap; echo $LC_ALL").stdout.endswith("C.UTF-8\n")
    assert server.connections == 1
    assert connections.link("accueil").executions == 4
    assert connections.link("accueil").os_name


def test_nothing_is_left_behind(connect, server):
    connections = connect("accueil")
    connections.link("accueil").run("true")
    folder = connections._config.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    connections.close()
    assert not folder.exists()
    deadline = time.monotonic() + 5
    while any(transport.is_active() for transport in server.transports):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_hosts_are_opened_side_by_side(connect, server):
    names = [f"poste-{number}" for number in range(6)]
    connections = connect(*names)
    connections.open(names)
    assert server.connections == 6
    assert [connections.link(name).trouble for name in names] == [None] * 6


def test_root_is_got_by_sudo(connect, tmp_path):
    (tmp_path / "free").touch()
    host = machine(connect("accueil", become=True).link("accueil"))
    assert host.run("echo $SUDONE").stdout == "yes\n"


def test_a_sudo_password_goes_by_standard_input_and_nowhere_else(connect, tmp_path):
    connections = connect("accueil", become=True, become_password=PASSWORD)
    host = machine(connections.link("accueil"))
    assert host.run("echo $SUDONE; env; cat").stdout.count(PASSWORD) == 0
    assert host.run("echo $SUDONE").stdout == "yes\n"
    assert PASSWORD not in (tmp_path / "calls").read_text()
    assert PASSWORD not in repr(host) + repr(connections.link("accueil").target)


@pytest.mark.parametrize("asks", [True, False])
def test_a_batch_as_root_reads_its_commands_and_never_the_password(connect, tmp_path, asks):
    if not asks:  # as when it was typed a moment ago
        (tmp_path / "sudo").write_text(SUDO.replace('-S) read -r given; [ "$given"', '-S) [ "a"')
                                       .replace('"très secret" ]', '"a" ]'))  # fmt: skip
    link = connect("accueil", become=True, become_password=PASSWORD).link("accueil")
    command = Question("accueil", "command", "echo $SUDONE; cat")
    script = Question("accueil", "script", "id -un")
    found = ask_all(link, [Remembered(one, 0.1, frozenset()) for one in (command, script)])
    assert {question: timed.answer.stdout for question, timed in found.items()} == {
        command: b"yes\n"  # a script runs as the login: it cannot be among them
    }
    assert PASSWORD not in (tmp_path / "calls").read_text()
    assert link.executions == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"become": True}, "sudo refuses adm-socle: a password is required"),
        (
            {"become": True, "become_password": "wrong"},
            "sudo refuses adm-socle: 1 incorrect password attempt",
        ),
    ],
)
def test_a_refused_sudo_makes_a_host_unreachable(connect, changes, reason):
    link = connect("accueil", **changes).link("accueil")
    with pytest.raises(Unreachable) as caught:
        link.run("true")
    assert str(caught.value) == f"accueil (127.0.0.1) cannot be asked: {reason}"


def test_a_wrong_host_key_is_told_as_such(connect, server, keys, tmp_path):
    know(tmp_path, server.port, keys / "other.pub")
    with pytest.raises(Unreachable, match=r"^host key of accueil \(127.0.0.1\) is not the one in"):
        connect("accueil").link("accueil").open()


def test_an_unknown_host_key_is_told_as_such(connect, tmp_path):
    (tmp_path / "known hosts").write_text("")
    with pytest.raises(Unreachable, match=r"^host key of accueil .* is not in .*known hosts: add"):
        connect("accueil").link("accueil").open()


def test_a_refused_key_is_told_as_such(connect, keys):
    with pytest.raises(Unreachable, match=r"cannot be asked: it refuses adm-socle with key"):
        connect("accueil", key_file=keys / "other").link("accueil").open()


def test_a_missing_key_is_told_as_such(connect, keys):
    with pytest.raises(Unreachable, match=r"its key .*/nowhere is not there"):
        connect("accueil", key_file=keys / "nowhere").link("accueil").open()


def test_a_closed_port_is_told_once_and_remembered(connect):
    link = connect("accueil", port=1).link("accueil")
    for _ in range(3):
        with pytest.raises(Unreachable, match=r"cannot be asked: connection refused on port 1$"):
            link.run("true")
    assert link.executions == 1


def test_a_command_has_a_time_limit(connect):
    link = connect("accueil").link("accueil")
    started = time.monotonic()
    with pytest.raises(Unknown, match=r"took longer than 0.5 s and was ended: sleep 20"):
        link.run("sleep 20", 0.5)
    assert time.monotonic() - started < 5
    assert link.run("exit 124").code == 124


def test_a_broken_connection_is_unknown_and_mended(connect, server):
    connections = connect("accueil")
    link = connections.link("accueil")
    link.open()
    server.asked.clear()

    def cut():
        server.asked.wait()
        server.transports[0].close()

    threading.Thread(target=cut).start()
    with pytest.raises(Unknown, match=r"the connection to accueil broke at: sleep 3"):
        link.run("sleep 3")
    assert link.run("echo again").stdout == b"again\n"
    assert server.connections == 2


def test_a_script_goes_by_standard_input(connect):
    answer = connect("accueil").link("accueil").script("echo $0; ps -o args= -p $$\n")
    assert b"echo" not in answer.stdout


@pytest.mark.parametrize("address", ['127.0.0.1"', "127.0.0.1\nProxyCommand touch x"])
def test_what_ssh_could_misread_is_refused(tmp_path, monkeypatch, address):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(socle.verify.connections, "LONGEST_FOLDER", 1000)
    connection = Connection("ssh", address)
    with pytest.raises(SocleError):
        Connections({"accueil": Host("accueil", ("all",), (), connection)})
    assert not list(tmp_path.iterdir())
