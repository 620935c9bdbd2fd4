"""Attestations and servers for tests of what answers from the Internet."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from evidence_tools import run

from socle.exposure.model import Attestation, Port, Scan
from socle.exposure.ports import ranges
from socle.exposure.recognised import recognised
from socle.exposure.store import Signed
from socle.verify.checks import Unreachable
from socle.verify.questions import Answer

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


@contextmanager
def web(statuses, context=None):
    """A web server that has these paths, else 404; its port, and what was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            self.send_response(statuses.get(self.path, 404))
            self.end_headers()
            self.wfile.write(b"DUPONT^JEAN")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # whoever hangs up is expected here
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()


def certified(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that nobody knows."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "2", "-subj", "/CN=cabinet", "-keyout", key, "-out", cert)  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


class Link:
    """A machine that answers everything with the same words."""

    class target:  # noqa: N801
        name = "imagerie"

    def __init__(self, said=b"", trouble=None):
        self.said, self.trouble = said, trouble
        self.asked = []

    def open(self):
        if isinstance(self.trouble, Unreachable):
            raise self.trouble

    def run(self, command, limit):
        self.asked.append(command)
        if self.trouble:
            raise self.trouble
        return Answer(0, self.said, b"")
