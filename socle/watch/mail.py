"""Warnings by mail, through the one relay that the practice declared."""

from __future__ import annotations

import os
import smtplib
import ssl
import stat
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from socle.watch import words
from socle.watch.model import Attempt, Notice

SECONDS = 30  # for each answer of the relay


# In our own words: a relay may repeat in its answer what it was told. The first that fits.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLCertVerificationError, "the relay's certificate is not trusted: {0.verify_message}"),
    (ssl.SSLError, "no encrypted connection: {0.reason}"),
    (
        smtplib.SMTPAuthenticationError,
        "the relay refused the account or its password ({0.smtp_code})",
    ),
    (smtplib.SMTPNotSupportedError, "the relay offers no encryption, or no way to log in"),
    (smtplib.SMTPSenderRefused, "the relay refused the sender ({0.smtp_code})"),
    (smtplib.SMTPResponseException, "the relay refused ({0.smtp_code})"),
    (smtplib.SMTPException, "the relay ended the connection"),
    (TimeoutError, f"the relay did not answer within {SECONDS} s"),
    (OSError, "the relay cannot be reached: {0.strerror}"),
    (ValueError, "the addresses, or the password, cannot be written in a mail"),
    (Exception, "{0}"),
)


class Refused(Exception):
    """The mail was not sent. The text is ours, never the relay's: it holds no secret."""


@dataclass(frozen=True)
class MailSettings:
    """A relay (RFC 6409) and who writes to whom.

    ``security``: "starttls" or "tls", both with the certificate checked; "none" only to this very
    machine. ``password_file``: root's, 0600, one line. ``authorities``: PEM, else Debian's.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    recipients: tuple[str, ...]
    user: str | None = None
    password_file: Path | None = None
    authorities: Path | None = None


def send(notice: Notice, settings: MailSettings) -> Attempt:
    """Send the notice, in French with the English below. Nothing is raised."""
    to = ", ".join(settings.recipients)
    try:
        refused = _deliver(message(notice, settings), settings, notice.host)
    except (Refused, OSError, smtplib.SMTPException, ValueError) as error:
        return Attempt("mail", to, ok=False, reason=_why(error))
    if refused:
        return Attempt("mail", to, ok=False, reason=f"the relay refused {', '.join(refused)}")
    return Attempt("mail", to, ok=True)


def message(notice: Notice, settings: MailSettings) -> EmailMessage:
    """The mail (RFC 5322). Raises ValueError: an address that cannot stand in a header."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = words.subject(notice)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.recipients)
    mail["Date"] = format_datetime(notice.when)
    mail["Message-ID"] = make_msgid(domain=_domain(settings))
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer from machines
    mail["Content-Language"] = "fr, en"
    texts = (words.full(notice, language) for language in ("fr", "en"))
    mail.set_content("\n\n-----\n\n".join(texts) + "\n", cte="quoted-printable")
    return mail


def _deliver(mail: EmailMessage, settings: MailSettings, host: str) -> list[str]:
    """Hand the mail over; the recipients that the relay did not take."""
    password = _password(settings)
    name = f"{host}.{_domain(settings)}"  # smtplib's own would ask the network who we are
    with _connected(settings, name) as relay:
        if settings.user is not None:
            relay.login(settings.user, password)
        try:
            refused = relay.send_message(mail, settings.sender, settings.recipients)
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
    return sorted(refused)


def _connected(settings: MailSettings, name: str) -> smtplib.SMTP:
    """The relay, encrypted and known, or on this machine."""
    context = ssl.create_default_context(cafile=settings.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    place = (settings.host, settings.port)
    if settings.security == "tls":
        return smtplib.SMTP_SSL(*place, local_hostname=name, timeout=SECONDS, context=context)
    relay = smtplib.SMTP(*place, local_hostname=name, timeout=SECONDS)
    try:
        if settings.security == "starttls":
            relay.starttls(context=context)
        elif relay.sock is None or not ip_address(relay.sock.getpeername()[0]).is_loopback:
            raise Refused("without encryption mail goes to this machine only: starttls or tls")
    except BaseException:
        relay.close()
        raise
    return relay


def _password(settings: MailSettings) -> str:
    if settings.user is None:
        return ""
    if settings.password_file is None:
        raise Refused(f"a password file is missing for {settings.user}")
    file = settings.password_file
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}") from None
    with os.fdopen(handle, encoding="utf-8") as opened:
        found = os.fstat(handle)
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise Refused(f"{file}: others than its owner may read it; chown root, chmod 600")
        text = opened.read().strip("\n")
    if not text:
        raise Refused(f"{file}: expected a password, it is empty")
    return text


def _domain(settings: MailSettings) -> str:
    return settings.sender.rpartition("@")[2].rstrip(">")


def _why(error: Exception) -> str:
    return next(reason for kind, reason in _REASONS if isinstance(error, kind)).format(error)
