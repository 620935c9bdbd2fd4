"""An SSH key pair that follows from a secret: the same secret gives the same key, byte for byte.

Whoever keeps the secret in a sealed envelope can rebuild the access after the machine is lost,
and one run sets up both sides. The secret has to be as strong as a key: long and random.
"""

from __future__ import annotations

import base64
from struct import pack

_KIND = b"ssh-ed25519"
_MAGIC = b"openssh-key-v1\0"
_BLOCK = 8  # the format's padding without encryption
_CHECK = 0  # two equal numbers; random ones would change the file at every run
_LINE = 70


def key_pair(secret: str, purpose: str) -> tuple[str, str]:
    """The private key as an OpenSSH file and the public key as a line, without comment.

    ``purpose`` separates keys that follow from the same secret.
    """
    # Machines that verify themselves make no keys and have no such library: imported where needed.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    seed = HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    blob = _text(_KIND) + _text(public)
    private = pack(">II", _CHECK, _CHECK) + blob + _text(seed + public) + _text(b"")
    private += bytes(range(1, 1 + -len(private) % _BLOCK))
    whole = _MAGIC + _text(b"none") + _text(b"none") + _text(b"") + pack(">I", 1)
    whole += _text(blob) + _text(private)
    text = base64.b64encode(whole).decode()
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    name = "OPENSSH PRIVATE KEY"
    file = "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""])
    return file, f"{_KIND.decode()} {base64.b64encode(blob).decode()}"


def _text(value: bytes) -> bytes:
    return pack(">I", len(value)) + value
