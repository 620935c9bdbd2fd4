"""Sockets as ss lists them: an account names its processes as it likes, and hides none by it."""

import pytest
from timing import linear

from socle.machine.sockets import NOBODY, UNNAMED, listeners, read
from socle.verify.backend import testinfra_host as machine
from socle.verify.questions import Answer

SSHD = b'tcp LISTEN 0      128    0.0.0.0:22   0.0.0.0:* users:(("sshd",pid=1,fd=3))   \n'
WEB = (
    b'tcp LISTEN 0      128    [::]:8042   [::]:* users:(("Orthanc",pid=7,fd=3),("x",pid=8,fd=4))\n'
)
STRANGE = b'tcp LISTEN 0      5    *:4444   *:* users:(("%s",pid=99,fd=3))\n'
KERNEL = b"udp UNCONN 0      0    [fe80::5054:ff:fe12:3456]%ens3:2049   *:*       \n"
AT_HOME = (
    b'udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=2,fd=1))\n'
    b'tcp LISTEN 0 9 [::1]:25 [::]:* users:(("exim4",pid=2,fd=1))\n'
    b'udp UNCONN 0 0 [fe80::1]%eth0:546 [::]:* users:(("dhcpcd",pid=2,fd=1))\n'
)


class Link:
    class target:  # noqa: N801
        name = "poste"

    def __init__(self, said):
        self.said = said

    def run(self, *_, **__):
        return Answer(0, self.said, b"")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"<b>\n  fix: |x", "<b>\n  fix: |x"),
        (b'x",pid=1,fd', 'x",pid=1,fd'),
        (b'",pid=1,fd=1', '",pid=1,fd=1'),
        (b"\n\n\n", "\n\n\n"),
        (b"", ""),
        (b"\ntcp LISTEN 0 0", "\ntcp LISTEN 0 0"),
        (b"\ntcp A 0 0 a:1 ", "\ntcp A 0 0 a:1 "),
        (b"\xff\xfe\x85", "\\xff\\xfe\\x85"),
        ("a\u2028b\x0b\x1c".encode(), "a\u2028b\x0b\x1c"),
        (b"a)) b", "a)) b"),
    ],
)
def test_every_socket_is_read_whatever_a_process_is_called(name, shown):
    found = listeners(machine(Link(AT_HOME + SSHD + STRANGE % name + WEB + KERNEL)))
    assert {(one.protocol, one.port, one.program) for one in found.sockets} == {
        ("tcp", 22, "sshd"),
        ("tcp", 4444, shown),
        ("tcp", 8042, "Orthanc"),
        ("udp", 2049, NOBODY),
    }
    assert not found.unread


@pytest.mark.parametrize(
    "strange",
    [
        b'tcp LISTEN 0 5 *:http *:* users:(("x",pid=99,fd=3))\n',
        b'tcp CLOSE 0 5 *:80 *:* users:(("x",pid=99,fd=3))\n',
        b"Netid State\n",
        b"tcp LISTEN 0 5\n",
        b"tcp LISTEN 0 5 *:4444 *:* users:((\n",
        b"tcp LISTEN 0 5 *:4444 *:* \x1b[2J\n",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_cannot_be_read_is_said_and_hides_nothing(strange, first):
    found = listeners(machine(Link(strange + SSHD + WEB if first else SSHD + WEB + strange)))
    assert {one.port for one in found.sockets} >= {22, 8042}
    assert str(found.unread).startswith("ss said what cannot be read: ")


def test_a_socket_whose_program_cannot_be_read_is_there_all_the_same():
    found = listeners(machine(Link(b"tcp LISTEN 0 5 *:4444 *:* users:((\n")))
    assert [str(one) for one in found.sockets] == [f"{UNNAMED} on tcp * port 4444"]


def test_tcp_alone_is_listed_without_its_name():
    said = (SSHD + STRANGE % b'"\n' + WEB + KERNEL).replace(b"tcp ", b"").replace(b"udp ", b"")
    found = {one.port: one.program for one in read(said.decode()).sockets}
    assert found == {22: "sshd", 4444: '"\n', 8042: "Orthanc", 2049: NOBODY}


@pytest.mark.parametrize(
    ("again", "after"),
    [(" ", "x"), ("\n", ""), ("a:1 ", ""), ('",pid=1,fd=1),("', "x"), ("1", ""), ("(", "")],
)
@pytest.mark.parametrize("before", ["tcp LISTEN 0 5 *:1 *:* ", "tcp LISTEN 0 ", 'tcp LISTEN 0 5 '
                                    '*:1 *:* users:(("'])  # fmt: skip
def test_a_list_twice_as_long_takes_twice_as_long(before, again, after):
    assert linear(lambda size: read(before + again * (size // len(again)) + after))
