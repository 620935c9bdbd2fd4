"""Web servers tried out on their own machine: what is served to whom, over which TLS.

Runs on a managed host with Python's standard library alone. Each argument is one
try: ``http ADDRESS PORT PATH ACCOUNT``, ``https …`` (the status), ``tls ADDRESS PORT VERSION``
(yes or no), ``certificate ADDRESS PORT TRUSTED NAME PEM`` (from, until, or what is wrong).
``-`` stands for nothing.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import sys
import warnings

SECONDS = 4
VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def status(scheme: str, address: str, port: int, path: str, account: str) -> str:
    """The status of a GET, with where it leads if elsewhere; else why there is none."""
    link: http.client.HTTPConnection
    if scheme == "https":
        link = http.client.HTTPSConnection(address, port, timeout=SECONDS, context=_anybody())
    else:
        link = http.client.HTTPConnection(address, port, timeout=SECONDS)
    word = base64.b64encode(account.encode()).decode()
    try:
        known = {} if account == "-" else {"Authorization": f"Basic {word}"}
        link.request("GET", path, headers=known)
        answer = link.getresponse()
    except ConnectionRefusedError:
        return "refused"
    except (OSError, http.client.HTTPException):
        return f"no {scheme}"
    finally:
        link.close()
    return str(answer.status)


def speaks(address: str, port: int, version: str) -> str:
    """Whether a handshake of exactly this version of TLS begins well."""
    context = _anybody()
    context.set_ciphers("ALL:@SECLEVEL=0")  # ours must not be what refuses
    context.minimum_version = context.maximum_version = VERSIONS[version]
    try:
        with socket.create_connection((address, port), SECONDS) as link, context.wrap_socket(link):
            return "yes"
    except (OSError, ValueError):
        return "no"


def certificate(address: str, port: int, trusted: str, name: str, pem: str) -> str:
    """``FROM/UNTIL`` in seconds since 1970 of a certificate that is good; else what is wrong."""
    context = ssl.create_default_context(cafile=trusted)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a given certificate stands for itself
    if pem != "-":
        context.load_cert_chain(pem)
    try:
        with (
            socket.create_connection((address, port), SECONDS) as link,
            context.wrap_socket(link, server_hostname=name) as secured,
        ):
            found = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        return f"no TLS ({type(error).__name__})"
    times = (ssl.cert_time_to_seconds(str(found[word])) for word in ("notBefore", "notAfter"))
    return "/".join(str(int(time)) for time in times)


def _anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def answer(line: str) -> str:
    """What one try met."""
    kind, address, port, *rest = line.split(" ")
    if kind == "tls":
        return speaks(address, int(port), *rest)
    if kind == "certificate":
        return certificate(address, int(port), *rest)
    return status(kind, address, int(port), *rest)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # old versions of TLS are what we ask for
    for text in sys.argv[1:]:
        line = answer(text).replace("\n", " ")
        sys.stdout.write(f"{line}\n")
