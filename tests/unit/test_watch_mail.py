"""Mail reaches a real SMTP server, encrypted, or the attempt says why it did not."""

import logging
import socket
import ssl
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from socle.watch.mail import MailSettings, send
from socle.watch.model import Notice, Title

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")
PASSWORD = "tres-secret-7391"
NOTICE = Notice(
    "accueil",
    "cabinet-martin",
    (Title("Le pare-feu refuse tout ce qui n'est pas déclaré", "The firewall refuses the rest"),),
    (),
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    "Info Santé, 05 00 00 00 00",
)


class Inbox:
    def __init__(self):
        self.mails, self.refused = [], set()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refused:
            return f"550 {address} no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append((envelope, session.ssl is not None))
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def context(certificate):
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return made


@contextmanager
def relay(inbox, **options):
    """A server on the loopback; its port."""

    def account(server, session, envelope, mechanism, data):
        good = data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=good)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(inbox, "127.0.0.1", port, authenticator=account, **options)
    server.start()
    try:
        yield port
    finally:
        server.stop()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def settings(tmp_path, certificate):
    secret = tmp_path / "password"
    secret.touch(0o600)
    secret.write_text(PASSWORD + "\n")
    return MailSettings(
        host="localhost",
        port=0,
        security="starttls",
        sender="socle@cabinet.example",
        recipients=("it@prestataire.example", "medecin@cabinet.example"),
        user="cabinet",
        password_file=secret,
        authorities=certificate / "cert.pem",
    )


def encrypted(context, security):
    if security == "tls":
        return {"ssl_context": context, "auth_require_tls": False}
    return {"tls_context": context, "require_starttls": True}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_warning_arrives_encrypted_in_french_and_english(inbox, context, settings, security):
    with relay(inbox, auth_required=True, **encrypted(context, security)) as port:
        sent = send(NOTICE, replace(settings, port=port, security=security))
    assert sent.ok, sent
    [(envelope, tls)] = inbox.mails
    assert tls or security == "tls"
    assert envelope.rcpt_tos == list(settings.recipients)
    mail = message_from_bytes(envelope.content, policy=default)
    assert mail["Subject"] == "Sécurité de accueil : 1 promesse n'est plus tenue"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOTICE.when
    assert mail["Message-ID"].endswith("@cabinet.example>")
    assert not mail.defects
    text = mail.get_content()
    assert text.index("Le pare-feu refuse") < text.index("The firewall refuses")
    assert all(len(line) <= 998 for line in envelope.content.split(b"\r\n"))


def test_a_relay_that_nobody_vouches_for_gets_nothing(inbox, context, settings, certificate):
    with relay(inbox, **encrypted(context, "starttls")) as port:
        untrusted = send(NOTICE, replace(settings, port=port, authorities=None))
        misnamed = send(NOTICE, replace(settings, port=port, host="127.0.0.1"))
    assert "certificate is not trusted" in untrusted.reason
    assert "certificate is not trusted" in misnamed.reason
    assert not inbox.mails


def test_a_relay_without_encryption_gets_nothing(inbox, settings):
    with relay(inbox) as port:
        sent = send(NOTICE, replace(settings, port=port))
    assert sent.reason == "the relay offers no encryption, or no way to log in"
    assert not inbox.mails


def test_plain_mail_stays_on_this_machine(inbox, settings, monkeypatch):
    plain = replace(settings, security="none", user=None)
    with relay(inbox) as port:
        assert send(NOTICE, replace(plain, port=port)).ok
        monkeypatch.setattr(socket.socket, "getpeername", lambda _: ("192.0.2.25", 25))
        away = send(NOTICE, replace(plain, port=port))
    assert "this machine only" in away.reason
    assert len(inbox.mails) == 1


def test_a_wrong_password_is_told_without_it(inbox, context, settings, caplog):
    caplog.set_level(logging.DEBUG)
    settings.password_file.write_text("mot-de-passe-faux-7391\n")
    with relay(inbox, auth_required=True, **encrypted(context, "starttls")) as port:
        sent = send(NOTICE, replace(settings, port=port))
    assert sent.reason == "the relay refused the account or its password (535)"
    assert "faux" not in repr(sent)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda file: file.chmod(0o640), "others than its owner may read it"),
        (lambda file: file.write_text("\n"), "it is empty"),
        (lambda file: file.unlink(), "No such file"),
        (lambda file: file.rename(file.with_name("other")).with_name("password").symlink_to(
            file.with_name("other")), "symbolic links"),
    ],
    ids=["readable", "empty", "absent", "link"],
)  # fmt: skip
def test_a_password_file_is_read_only_when_it_is_root_s_alone(settings, spoil, reason):
    spoil(settings.password_file)
    sent = send(NOTICE, settings)
    assert not sent.ok
    assert reason in sent.reason


def test_who_was_refused_is_named(inbox, context, settings):
    with relay(inbox, **encrypted(context, "starttls")) as port:
        here = replace(settings, port=port)
        inbox.refused.add("medecin@cabinet.example")
        partly = send(NOTICE, here)
        inbox.refused.add("it@prestataire.example")
        wholly = send(NOTICE, here)
    assert partly.reason == "the relay refused medecin@cabinet.example"
    assert len(inbox.mails) == 1
    assert wholly.reason == "the relay refused it@prestataire.example, medecin@cabinet.example"


def test_nobody_there_and_impossible_addresses_are_reasons_too(settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "refused" in send(NOTICE, replace(settings, port=port)).reason
    evil = replace(settings, port=port, recipients=("a@b.example\nBcc: c@d.example",))
    assert "cannot be written in a mail" in send(NOTICE, evil).reason
