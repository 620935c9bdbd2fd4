"""Time stamps (RFC 3161): an authority signs that it saw a signature, and when."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from socle.errors import SocleError

SECONDS = 20  # to wait for an authority
LARGEST = 1 << 20  # bytes of an answer


class BadStamp(Exception):
    """The stamp is not one of a known authority over this message. The text says why."""


class Unavailable(SocleError):
    """The authority did not give a stamp; what was signed stays signed."""


@dataclass(frozen=True)
class Stamp:
    """A checked time stamp."""

    time: datetime  # UTC
    authority: str  # the name in its certificate


def request(message: bytes, url: str, authorities: Path) -> tuple[bytes, Stamp]:
    """Have ``message`` stamped by the authority at ``url`` and check what it answers.

    Only the SHA-512 digest leaves this computer. Raises Unavailable, and SocleError when
    ``authorities`` holds no certificate.
    """
    wanted = TimestampRequestBuilder().data(message).build()
    answer = _post(url, wanted.as_bytes())
    try:
        found = check(answer, message, authorities, nonce=wanted.nonce)
    except BadStamp as reason:
        raise Unavailable(f"{url}: its answer is no good time stamp: {reason}") from None
    return answer, found


def check(content: bytes, message: bytes, authorities: Path, nonce: int | None = None) -> Stamp:
    """The stamp in ``content`` (an RFC 3161 response) over ``message``.

    Raises BadStamp, and SocleError when ``authorities`` holds no certificate.
    """
    known = certificates(authorities)
    roots = [one for one in known if one.issuer == one.subject]
    between = [one for one in known if one.issuer != one.subject]
    verifier = VerifierBuilder(roots=roots, intermediates=between, nonce=nonce).build()
    try:
        response = decode_timestamp_response(content)
        verifier.verify_message(response, message)
        time = response.tst_info.gen_time
    except VerificationError as error:
        raise BadStamp(f"the time stamp does not hold: {error}") from None
    except ValueError:
        raise BadStamp("it is not a time stamp") from None
    return Stamp(time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC), _authority(response))


def _authority(response: TimeStampResponse) -> str:
    """The name of who signed the stamp, as its certificate has it."""
    (signer,) = response.signed_data.signer_infos
    for content in response.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(content)
        if (certificate.issuer, certificate.serial_number) == (signer.issuer, signer.serial_number):
            return _name(certificate)
    raise BadStamp("the time stamp does not hold its authority's certificate")


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def certificates(file: Path) -> list[x509.Certificate]:
    """The certificates in a file (PEM). Raises SocleError: no authority's root is there."""
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        found = []
    if not any(one.issuer == one.subject for one in found):
        raise SocleError(f"{file}: expected the root certificate of an authority (PEM)")
    return found


def _post(url: str, body: bytes) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise SocleError(f"{url}: expected the address of an authority, http:// or https://")
    asked = urllib.request.Request(  # noqa: S310 - looked at above
        url, body, {"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            content: bytes = answer.read(LARGEST)
    except (OSError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", None) or error
        raise Unavailable(f"{url}: the time stamping authority gave no answer: {reason}") from None
    return content
