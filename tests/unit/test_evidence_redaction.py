"""What is masked before a bundle is written, and what stays because checks read it."""

import base64
import signal

import pytest

from socle.evidence.redaction import MASK, Redactor

KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nAAAA\n-----END OPENSSH PRIVATE KEY-----"
)


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        (KEY, "-----BEGIN OPENSSH PRIVATE KEY-----" + MASK),
        (KEY[:50], "-----BEGIN OPENSSH PRIVATE KEY-----" + MASK),
        ("RESTIC_PASSWORD=0123456789abcdef", "RESTIC_PASSWORD=" + MASK),
        ('{"passphrase": "long enough", "n": 1}', MASK),
        ("psk=S3cretWifiKey", "psk=" + MASK),
        ('    wpa-psk "S3cretWifiKey"', MASK),
        ("deb https://client:hunter22@depot.example/ x", f"https://{MASK}@depot.example/ x"),
        ("root:$y$j9T$abcdefgh$0123456789:19000", "root:$y$" + MASK + ":19000"),
        ("password_pbkdf2 root grub.pbkdf2.sha512.10000.AB12CD34EF56AB12.CD34EF56AB12CD34", MASK),
    ],
)
def test_shapes_of_secrets_are_masked(text, leaves):
    masked = Redactor().text(text)
    assert leaves in masked
    for secret in ("AAAA", "0123456789", "long enough", "S3cret", "hunter22", "AB12CD34EF56AB12"):
        assert secret not in masked


@pytest.mark.parametrize(
    "text",
    [
        "passwordauthentication no",
        "password	required	pam_unix.so",
        '{"password": true, "token": null, "psk": false}',
        '{"passwords": {"a": 1}, "tokens": 12345678}',
        "https://paquets.example/debian trixie",
        "root:x:0:0:root:/root:/bin/bash",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA",
        "SHA256:0123456789abcdef",
    ],
)
def test_what_is_no_secret_stays(text):
    assert Redactor().text(text) == text


def test_known_secrets_are_masked_wherever_and_however_they_stand():
    secret = "correct horse\nbattery staple"
    redactor = Redactor([secret, "abc", "socle"])
    encoded = base64.b64encode(b"battery staple").decode()
    masked = redactor.data({"words": [f"x{secret}y", "only correct horse", encoded, 5, None]})
    for part in ("correct", "battery", encoded.rstrip("=")):
        assert part not in str(masked)
    assert redactor.count == 3
    assert redactor.text("abc") == "abc"  # too short to be told from a word
    assert redactor.text("socle socle-backup") == f"{MASK} socle-backup"  # a weak password


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("/srv/images/DUPONT Jean 1956.dcm is new", f"/srv/images/{MASK} is new"),
        ('"/srv/images/DUPONT/echo.jpg"', f'"/srv/images/{MASK}"'),
        ("/srv/images/dupont ext4 rw", f"/srv/images/{MASK} ext4 rw"),
        ("/srv/images", "/srv/images"),
        ("/srv/images/index", "/srv/images/index"),
        ("/srv/images/index/db", "/srv/images/index/db"),
        ("/srv/store/accueil", "/srv/store/accueil"),
        ("/etc/ssh/sshd_config", "/etc/ssh/sshd_config"),
        ("/home/alice/.profile", "/home/alice/.profile"),
    ],
)
def test_names_below_the_data_folders_are_masked_and_the_practices_own_words_stay(text, masked):
    folders = ["/srv/images", "/srv", "/etc", "/home"]
    redactor = Redactor((), folders, ["/srv/images/index", "/srv/store"])
    assert redactor.text(text) == masked


@pytest.mark.parametrize("text", ["a-" * 100_000, "a" * 100_000, "a." * 100_000])
def test_no_text_takes_long(text):
    """Quadratic, each would take hours: the alarm ends the run."""
    signal.alarm(60)
    try:
        assert Redactor().text(text) == text
    finally:
        signal.alarm(0)
