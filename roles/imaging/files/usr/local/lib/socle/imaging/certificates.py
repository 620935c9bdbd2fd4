"""The server's certificate, signed by a small authority that never leaves this machine.

The authority may only speak for this machine and for private addresses: whoever stole its key
could pretend to be the imaging server, and nobody else.
"""

from __future__ import annotations

import secrets
import ssl
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import Trouble
from .wish import Wish

HOME = Path("/etc/socle/imaging")
DAYS, AUTHORITY_DAYS = 397, 3650
RENEW_DAYS = 60  # before its end: a machine that is off for a month still renews in time
PRIVATE = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"),
    )
)
_LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
_USES = "extendedKeyUsage=serverAuth,clientAuth\n"


def authority(names: tuple[str, ...]) -> Path:
    """The authority's certificate; made where there is none."""
    certificate, key = HOME / "authority.crt", HOME / "authority.key"
    if certificate.exists() and key.exists():
        return certificate
    allowed = [f"permitted;DNS:{name}" for name in names if not _is_address(name)]
    allowed += [f"permitted;IP:{one.network_address}/{one.netmask}" for one in PRIVATE]
    with TemporaryDirectory(dir=HOME) as folder:
        openssl(
            "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-days", str(AUTHORITY_DAYS),
            "-subj", f"/O=Socle/CN=Imagerie {names[0]}",
            "-keyout", f"{folder}/key", "-out", f"{folder}/crt",
            "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-addext", f"nameConstraints=critical,{','.join(allowed)}",
        )  # fmt: skip
        Path(folder, "crt").chmod(0o644)
        Path(folder, "key").replace(key)
        Path(folder, "crt").replace(certificate)
    return certificate


def due(wish: Wish) -> str | None:
    """Why the server needs another certificate; None while the one it has is good."""
    pem = HOME / "orthanc.pem"
    if wish.certificate:
        given = pem.exists() and server(wish) == _read(pem)
        return None if given else "another one is given"
    return _own_due(pem, wish.names)


def _own_due(pem: Path, names: tuple[str, ...]) -> str | None:
    if not pem.exists():
        return "there is none"
    if openssl_says("x509", "-in", pem, "-noout", "-checkend", str(RENEW_DAYS * 86400)) is None:
        return f"it ends within {RENEW_DAYS} days"
    if openssl_says("verify", "-CAfile", HOME / "authority.crt", pem) is None:
        return "the authority did not sign it"
    if named(pem) != set(map(_plain, spoken_for(names))):
        return "it names another machine"
    return None


def server(wish: Wish) -> str:
    """Certificate and key of the server in one PEM text: the given ones, or new ones."""
    if wish.certificate and wish.key:
        text = _read(Path(wish.certificate)).rstrip("\n") + "\n" + _read(Path(wish.key))
    else:
        text = _signed(wish.names)
    return _usable(text)


def trusted(wish: Wish) -> str:
    """The certificates that a modality has to present, or be signed by."""
    own = [] if wish.certificate else [_read(authority(wish.names))]
    given = [_read(Path(wish.certificate))] if wish.certificate else []
    return "".join(f"{text.strip()}\n" for text in (*own, *given, *wish.trusted))


def sign(request: Path) -> str:
    """A certificate for a modality that made its key itself and sends a request."""
    with TemporaryDirectory(dir=HOME) as folder:
        return _certificate(request, _LEAF + _USES, Path(folder))


def named(pem: Path) -> set[str]:
    """Names and addresses that a certificate is for."""
    said = openssl_says("x509", "-in", pem, "-noout", "-ext", "subjectAltName") or ""
    words = (word.strip() for line in said.splitlines()[1:] for word in line.split(","))
    return {_plain(word.partition(":")[2]) for word in words if word}


def spoken_for(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names without public addresses: with one of them, nobody would accept the certificate."""
    return tuple(
        name
        for name in names
        if not _is_address(name) or any(ip_address(name) in network for network in PRIVATE)
    )


def openssl(*words: str) -> str:
    """Run openssl; its output. Raises Trouble with its last words."""
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Trouble(f"openssl {words[0]}: {last}")
    return done.stdout


def openssl_says(*words: object) -> str | None:
    """What openssl prints; None where it says no."""
    try:
        return openssl(*map(str, words))
    except Trouble:
        return None


def _signed(names: tuple[str, ...]) -> str:
    authority(names)
    own = spoken_for(names)
    kinds = (f"{'IP' if _is_address(name) else 'DNS'}:{name}" for name in own)
    extensions = f"{_LEAF}{_USES}subjectAltName={','.join(kinds)}\n"
    with TemporaryDirectory(dir=HOME) as folder:
        key, request = Path(folder, "key"), Path(folder, "request")
        openssl(
            "req", "-new", "-newkey", "rsa:3072", "-nodes", "-subj", f"/O=Socle/CN={names[0]}",
            "-keyout", str(key), "-out", str(request),
        )  # fmt: skip
        return _certificate(request, extensions, Path(folder)) + key.read_text(encoding="ascii")


def _certificate(request: Path, extensions: str, folder: Path) -> str:
    Path(folder, "extensions").write_text(extensions, encoding="ascii")
    return openssl(
        "x509", "-req", "-in", str(request), "-days", str(DAYS),
        "-CA", str(HOME / "authority.crt"), "-CAkey", str(HOME / "authority.key"),
        "-set_serial", f"0x{secrets.token_hex(16)}", "-extfile", f"{folder}/extensions",
    )  # fmt: skip


def _usable(text: str) -> str:
    """The text, if its key belongs to its certificate."""
    with TemporaryDirectory(dir=HOME) as folder:
        pem = Path(folder, "pem")
        pem.write_text(text, encoding="ascii")
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pem)
        except (ssl.SSLError, OSError):
            raise Trouble("the certificate and the key do not belong together") from None
    return text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise Trouble(f"{path} cannot be read: {error}") from None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _plain(name: str) -> str:
    return str(ip_address(name)) if _is_address(name) else name.lower()
