"""The format of Ansible's vault: a header, then salt, digest and text in hexadecimal digits.

Read here, since every run opens a vault: `ansible-vault` takes half a second of computing to start,
and Ansible's library changes Python's own sockets in the process that imports it, which is the one
that talks to hosts. Only the format is ours; the cryptography is a library's. Source: Ansible's
guide, "Format of files encrypted with Ansible Vault".
"""

from __future__ import annotations

import hashlib
import hmac
import os
from binascii import hexlify, unhexlify

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_VERSION = b"$ANSIBLE_VAULT;1.1;AES256"
_ROUNDS = 10_000
_BLOCK_BITS = 128
_LINE = 80


def opened(content: bytes, password: bytes) -> bytes:
    """The clear text. Raises ValueError for a wrong password, and for what is no whole vault."""
    _, *lines = content.splitlines()
    salt, digest, closed = map(unhexlify, unhexlify(b"".join(lines)).split(b"\n"))
    cipher, sign = _keys(password, salt)
    if not hmac.compare_digest(hmac.digest(sign, closed, "sha256"), digest):
        raise ValueError
    opening, padding = cipher.decryptor(), PKCS7(_BLOCK_BITS).unpadder()
    return padding.update(opening.update(closed) + opening.finalize()) + padding.finalize()


def closed(clear: bytes, password: bytes) -> bytes:
    """A vault that holds ``clear``."""
    salt = os.urandom(32)
    cipher, sign = _keys(password, salt)
    closing, padding = cipher.encryptor(), PKCS7(_BLOCK_BITS).padder()
    closed = closing.update(padding.update(clear) + padding.finalize()) + closing.finalize()
    parts = (salt, hmac.digest(sign, closed, "sha256"), closed)
    body = hexlify(b"\n".join(map(hexlify, parts)))
    lines = (body[start : start + _LINE] for start in range(0, len(body), _LINE))
    return b"\n".join((_VERSION, *lines, b""))


def _keys(password: bytes, salt: bytes) -> tuple[Cipher[modes.CTR], bytes]:
    made = hashlib.pbkdf2_hmac("sha256", password, salt, _ROUNDS, 80)
    return Cipher(algorithms.AES256(made[:32]), modes.CTR(made[64:])), made[32:64]
