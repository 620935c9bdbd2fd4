"""The text of a vault file, read without starting Ansible, which takes most of a second."""

from __future__ import annotations

import hashlib
import hmac
import os
from binascii import unhexlify
from pathlib import Path

_HEADERS = ("$ANSIBLE_VAULT;1.1;AES256", "$ANSIBLE_VAULT;1.2;AES256")
_ROUNDS = 10_000
_KEY, _BLOCK = 32, 16  # bytes


def opened(content: bytes, password_file: Path) -> bytes | None:
    """The clear text of a vault; None where only Ansible's own command can tell.

    So it is for a password that a script gives, for another cipher, and for a wrong password.
    """
    if os.access(password_file, os.X_OK):
        return None
    password = password_file.read_bytes().strip()
    header, _, body = content.decode("ascii", "replace").partition("\n")
    if not header.strip().startswith(_HEADERS):
        return None
    try:
        salt, seal, closed = (unhexlify(part) for part in unhexlify("".join(body.split())).split())
    except ValueError:
        return None
    keys = hashlib.pbkdf2_hmac("sha256", password, salt, _ROUNDS, 2 * _KEY + _BLOCK)
    if not hmac.compare_digest(hmac.digest(keys[_KEY : 2 * _KEY], closed, "sha256"), seal):
        return None
    return _decrypted(closed, keys[:_KEY], keys[2 * _KEY :])


def _decrypted(closed: bytes, key: bytes, counter: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415 - few practices have one
        Cipher,
        algorithms,
        modes,
    )
    from cryptography.hazmat.primitives.padding import PKCS7  # noqa: PLC0415

    reader = Cipher(algorithms.AES256(key), modes.CTR(counter)).decryptor()
    filled = reader.update(closed) + reader.finalize()
    plain = PKCS7(8 * _BLOCK).unpadder()
    return plain.update(filled) + plain.finalize()
