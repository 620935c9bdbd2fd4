"""The certificate that an imaging server makes itself, as a modality's library judges it."""

from __future__ import annotations

import pytest
from imaging import certificates

NAMES = ("imagerie", "localhost", "127.0.0.1", "192.168.1.10", "2001:db8::10", "fd77::10")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(certificates, "HOME", tmp_path)
    return tmp_path


def test_a_public_address_does_not_spoil_the_certificate(home):
    """The authority may only speak for private addresses; a public one would void all others."""
    pem = home / "orthanc.pem"
    pem.write_text(certificates._signed(NAMES))
    assert certificates.openssl_says("verify", "-CAfile", home / "authority.crt", pem)
    assert certificates.named(pem) == set(NAMES) - {"2001:db8::10"}
    assert certificates._own_due(pem, NAMES) is None
