"""What every connection of pyinfra may negotiate, and how long a silent one lasts."""

import socket
import threading

import paramiko
import pytest

from socle import bounds
from socle.apply import transport as transports
from socle.apply.transport import ALGORITHMS, LARGEST_PACKET, BoundedPacketizer, BoundedTransport

WEAK = ("3des", "-cbc", "md5", "sha1", "-96", "group1-", "dss")


@pytest.fixture
def transport():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = BoundedTransport(socket.create_connection(listener.getsockname()))
        yield made
        made.close()


def test_only_what_is_listed_is_offered(transport):
    for kind, allowed in ALGORITHMS.items():
        offered = getattr(transport, f"preferred_{kind}")
        assert offered
        assert {one.removesuffix("-cert-v01@openssh.com") for one in offered} <= set(allowed)
        assert not [one for one in offered if any(word in one for word in WEAK)]
        assert "ssh-rsa" not in offered


def test_a_key_of_known_hosts_does_not_bring_back_its_old_algorithm(transport):
    """paramiko puts the kind of a known key first, "ssh-rsa" for every RSA key."""
    options = transport.get_security_options()
    options.key_types = ["ssh-rsa", *options.key_types]
    assert "ssh-rsa" not in transport.preferred_keys


def test_a_dead_network_ends_a_connection_within_a_minute(transport):
    option = (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    unanswered = transport.sock.getsockopt(*option) / 1000
    assert unanswered == bounds.ALIVE_SECONDS * bounds.ALIVE_MISSED
    assert bounds.ALIVE_SECONDS + unanswered < 60
    assert transport.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_packet_that_announces_too_much_is_not_read():
    ours, _theirs = socket.socketpair()
    with pytest.raises(paramiko.SSHException, match="a packet of 1048577 bytes"):
        BoundedPacketizer(ours).read_all(LARGEST_PACKET + 1)


def test_a_server_that_greets_and_agrees_on_no_keys_is_told(monkeypatch):
    monkeypatch.setattr(transports, "NEGOTIATION", 0.3)
    ours, theirs = socket.socketpair()
    theirs.sendall(b"SSH-2.0-slow\r\n")
    made = BoundedTransport(ours)
    with pytest.raises(paramiko.SSHException, match=r"no keys are agreed on within 0\.3 s"):
        made.start_client(timeout=0.1)
    made.close()


def test_a_busy_server_has_longer_than_tcp(keys):
    ours, theirs = socket.socketpair()
    made = BoundedTransport(ours)
    server = paramiko.Transport(theirs)
    server.add_server_key(paramiko.Ed25519Key.from_private_key_file(str(keys / "host")))
    words = {"event": threading.Event(), "server": paramiko.ServerInterface()}
    threading.Timer(0.5, server.start_server, kwargs=words).start()
    made.start_client(timeout=0.1)
    assert made.initial_kex_done
    made.close()
    server.close()
