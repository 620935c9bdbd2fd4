"""Attestations and servers for tests of what answers from the Internet."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from socle.exposure.model import Attestation, Port, Scan
from socle.exposure.ports import ranges
from socle.exposure.recognised import recognised
from socle.exposure.store import Signed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HERE = "203.0.113.7"


def attested(
    days=1, *, address=HERE, opened=(), ports=None, vantage="outside", unseen=None, trouble=""
) -> Signed:
    """A good attestation of so many days ago; ``opened``: ports, or what answered there."""
    found = tuple(one if isinstance(one, Port) else Port(port=one) for one in opened)
    closed = set(ports or recognised().ports) - {port.port for port in found}
    scan = Scan(
        address=address,
        open=found,
        closed={"silent": ranges(closed)} if closed else {},
        unseen=unseen,
        vantage=vantage,
    )
    when = NOW - timedelta(days=days)
    document = Attestation(
        practice="p",
        socle="1",
        started=when,
        finished=when,
        source=None,
        approved_by="Dr N.",
        scans=(scan,),
    )
    return Signed("a-exposure.json", document, trouble, "it@example.org")


@contextmanager
def answering(reply: bytes, wrap=lambda connection: connection):
    """A server on the loopback that says ``reply`` to whoever speaks; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                try:
                    with wrap(connection) as one:
                        if one.recv(4096):
                            one.sendall(reply)
                except OSError:
                    pass

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
