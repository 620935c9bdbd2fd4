"""What is masked before a bundle is written, and what stays because checks read it."""

import base64

import pytest
from timing import linear

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


@pytest.mark.parametrize(
    ("before", "again", "after"),
    [
        ("", "a-", ""),
        ("", "a", ""),
        ("", "a.", ""),
        ("psk", " ", "x"),
        ('"psk"', " ", ":"),
        ("psk", "\t \n", "x"),
        ("psk=", " ", "x"),
        ("password", " ", "x"),
        ("password=", " ", '"x'),
        ("", "password ", ""),
        ("", "psk ", ""),
        ("", "psk :", ""),
        ("", "/srv/x/a ", ""),
        ("/srv/x/", "a ", ""),
        ("", "/srv/x/", " "),
        ("/srv/x/", ".pdf", "x"),
        ("", "/srv/x/ .jp", ""),
        ("", "a://b", ""),
        ("a://", "b:", ""),
        ("", "-----BEGIN ", ""),
        ("-----BEGIN ", "PRIVATE KEY ", ""),
        ("", "-----BEGIN PRIVATE KEY-----\n-----END ", ""),
        ("", "$y$", ""),
        ("", "grub.pbkdf2.sha512.1.", ""),
    ],
)
def test_twice_as_much_text_takes_twice_as_long(before, again, after):
    redactor = Redactor(["correct horse"], ["/srv/x"])
    assert linear(lambda size: redactor.text(before + again * (size // len(again)) + after))


def test_what_is_masked_after_many_blanks_is_masked_as_after_one():
    blanks = " \n\t" * 50_000
    for text in (f"psk{blanks}S3cretWifiKey", f'psk{blanks}={blanks}"S3cretWifiKey"',
                 f"password{blanks}:{blanks}S3cretWifiKey"):  # fmt: skip
        assert "S3cret" not in Redactor().text(text)


def test_a_name_is_masked_to_its_end_however_long_it_is_and_however_many_there_are():
    redactor = Redactor((), ["/srv/x"])
    name = "DUPONT Jean " * 20_000
    assert redactor.text(f"/srv/x/{name}.pdf is new") == f"/srv/x/{MASK} is new"
    assert redactor.text("/srv/x/DUPONT is new\n" * 3) == f"/srv/x/{MASK} is new\n" * 3
    assert redactor.text("/srv/x/ /srv/x/A B.dcm\t/srv/x/C") == f"/srv/x/{MASK}\t/srv/x/{MASK}"
