"""A bundle; keys, and a time stamping authority on this computer, made with OpenSSH and OpenSSL."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from socle.evidence.model import (
    Baseline,
    Bundle,
    Declared,
    Judged,
    Machine,
    Practice,
    Said,
    Software,
)
from socle.grounds import Grounds

AUTHORITY = """
[ca]
basicConstraints = critical, CA:true
[stamp]
basicConstraints = CA:false
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
digests = sha256, sha384, sha512
default_policy = 1.2.3.4.1
ess_cert_id_alg = sha256
accuracy = secs:1
"""


ANSWER = Said(
    control="toy-lock",
    asked="desk",
    kind="command",
    words="nft list ruleset",
    digest="0" * 32,
    limit=30.0,
    seconds=0.01,
    code=0,
    stdout="é\n",
)


def bundle_of_desk(**changes):
    """A small bundle of the machine ``desk``, with ``changes``."""
    words = {
        "collected": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "seconds": 1.5,
        "software": Software(socle="0.1.0"),
        "baseline": Baseline(digest="ab"),
        "host": Machine(name="desk", os_name="Debian", host_keys=("SHA256:x",)),
        "practice": Practice(
            name="cabinet",
            hosts={
                "desk": Declared(
                    groups=("all",),
                    addresses=("192.0.2.1",),
                    method="ssh",
                    address="192.0.2.1",
                    port=22,
                    settings={"b": 1, "a": [None, "é"]},
                )
            },
        ),
        "answers": (ANSWER,),
        "verdicts": (
            Judged(
                control="toy-lock", verdict="pass", grounds=Grounds(), measured="pass", seconds=0.1
            ),
        ),
    }
    return Bundle(**{**words, **changes})


def run(*words, **options) -> None:
    subprocess.run(words, check=True, capture_output=True, **options)


def key(folder: Path, name: str) -> Path:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name)
    return folder / name


def signer(name: str, key_file: Path, options: str = 'namespaces="socle-evidence@1"') -> str:
    kind, public, *_ = key_file.with_suffix(".pub").read_text().split()
    return " ".join(filter(None, [name, options, kind, public])) + "\n"


class Authority:
    """A certificate authority and its time stamping certificate."""

    def __init__(self, folder: Path, name: str = "Horloge d'essai") -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.root = folder, folder / "ca.pem"
        self.config = folder / "openssl.cnf"
        self.config.write_text(AUTHORITY.format(folder=folder))
        (folder / "serial").write_text("01\n")
        tsa = folder / "tsa"
        new = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        empty = folder / "req.cnf"
        empty.write_text("[req]\ndistinguished_name = dn\n[dn]\n" + AUTHORITY)
        run(*new, "-x509", "-days", "30", "-subj", f"/CN={name} racine", "-config", empty,
            "-extensions", "ca", "-keyout", folder / "ca.key", "-out", self.root)  # fmt: skip
        run(*new, "-subj", f"/CN={name}", "-config", empty,
            "-keyout", tsa.with_suffix(".key"), "-out", tsa.with_suffix(".csr"))  # fmt: skip
        run("openssl", "x509", "-req", "-days", "30", "-in", tsa.with_suffix(".csr"),
            "-CA", self.root, "-CAkey", folder / "ca.key", "-CAcreateserial",
            "-extfile", self.config, "-extensions", "stamp",
            "-out", folder / "tsa.pem")  # fmt: skip

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        run("openssl", "ts", "-reply", "-config", self.config, "-section", "here",
            "-queryfile", self.folder / "query", "-signer", self.folder / "tsa.pem",
            "-inkey", self.folder / "tsa.key", "-out", self.folder / "reply")  # fmt: skip
        return (self.folder / "reply").read_bytes()

    @contextmanager
    def serving(self, reply=None) -> Iterator[str]:
        """Answers on the loopback; the URL."""
        answer = reply or self.reply

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            server.server_close()
