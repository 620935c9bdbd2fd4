"""Apt's configuration and sources, read as apt reads them."""

import base64
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import program

from socle.machine import apt
from socle.machine.apt import Config, policy, truth, written
from socle.machine.apt_sources import as_apt, fingerprints, one_liners, sources, stanzas

DATA = Path(__file__).parent / "data/apt"
REAL = {path.stem: json.loads(path.read_text()) for path in DATA.glob("*.json")}
ASK = program(apt.ASK)


def test_values_in_force_are_read_whatever_their_case_and_program():
    config = Config(
        (
            'Dpkg::Options "";',
            'DPkg::Options:: "--force-confold";',
            'APT::X "";',
            'Binary::apt-get::APT::X "true";',
            "what is this",
            'A::B:: "1";',
            'a::b::c "2";',
        )
    )
    assert config.values("DPkg::Options") == ["--force-confold"]
    assert config.values("APT::X") == ["true"]
    assert config.below("A::B") == [("", "1"), ("c", "2")]


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Yes", True),
        ("1", True),
        ("enable", True),
        ("0", False),
        ("without", False),
        ("maybe", None),
    ],
)
def test_words_are_true_or_false_as_apt_says(word, meaning):
    assert truth(word) is meaning


def test_a_file_in_the_nested_form_comes_out_as_apt_prints_it():
    text = """\
// a comment; "x"
#clear A;
A { B "1"; C { "2"; "3"; }; };
D::E "4";
"""
    assert written(text).lines == (
        'A::B "1";', 'A::C:: "2";', 'A::C:: "3";', 'D::E "4";'
    )  # fmt: skip


@pytest.mark.parametrize("release", sorted(REAL))
def test_real_sources_are_recognised(release):
    found, unread = sources(REAL[release]["apt"])
    debian = [one for one in found if "file:/srv" not in one.uri and "file:///srv" not in one.uri]
    assert [one.release["label"] for one in debian] == ["Debian", "Debian", "Debian-Security"]
    assert unread == []


def test_a_flat_repository_and_one_from_a_folder_are_found_again():
    found, _ = sources(REAL["trixie-spellings"]["apt"])
    fetched = [(one.uri, one.suite) for one in found if one.release is not None]
    assert ("file:///srv/r", "/") in fetched
    assert ("file:/srv/r", "./") in fetched


@pytest.mark.parametrize(  # as measured
    ("uri", "suite", "said"),
    [
        ("mirror+file:///a.list", "s", ("mirror+file:/a.list/", "s")),
        ("file:///srv/repo", "s", ("file:/srv/repo/", "s")),
        ("https://z/Debian_12/", "/", ("https://z/Debian_12/", "")),
        ("http://x/$(ARCH)", "s", ("http://x/amd64/", "s")),
        ("http://y/debian//", "s", ("http://y/debian//", "s")),
    ],
)
def test_addresses_are_spelled_as_apt_spells_them(uri, suite, said):
    assert as_apt(uri, suite, "amd64") == said


LIST = """\
# deb http://old.example.com/ stable main
deb [signed-by=/etc/apt/keyrings/a.asc arch=amd64] https://a.example.com/deb stable main
deb-src https://a.example.com/deb stable main
deb https://b.example.com ./  # flat
deb cdrom:[Debian GNU/Linux 13]/ trixie main
rpm https://c.example.com
"""
STANZAS = """\
Types: deb deb-src
URIs: https://a.example.com/deb
  https://mirror.example.com/deb
Suites: stable stable-updates
Components: main
Signed-By: /etc/apt/keyrings/a.asc

# switched off
Types: deb
URIs: https://off.example.com
Suites: ./
Enabled: no

types: deb
uris: https://c.example.com
SUITES: ./
Trusted: yes
"""


def test_sources_are_read_in_both_formats():
    assert list(one_liners(LIST)) == [
        ({"signed-by": "/etc/apt/keyrings/a.asc", "arch": "amd64"},
         ["https://a.example.com/deb"], ["stable"]),
        ({}, ["https://b.example.com"], ["./"]),
        ({}, ["cdrom:[Debian GNU/Linux 13]/"], ["trixie"]),
        ({"line": "rpm https://c.example.com"}, [], []),
    ]  # fmt: skip
    first, third = list(stanzas(STANZAS))
    assert first[1:] == (
        ["https://a.example.com/deb", "https://mirror.example.com/deb"],
        ["stable", "stable-updates"],
    )
    assert (first[0]["signed-by"], third[0]["trusted"]) == ("/etc/apt/keyrings/a.asc", "yes")


def test_what_apt_cannot_read_is_named_and_hides_nothing():
    asked = {"targets": "", "architecture": "amd64", "sources": {"x.list": LIST}}
    found, unread = sources(asked)
    assert len(found) == 3
    assert unread == ["x.list: rpm https://c.example.com"]


KEY = """\
-----BEGIN PGP PUBLIC KEY BLOCK-----
{head}
{body}
-----END PGP PUBLIC KEY BLOCK-----
"""


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    """A key of a repository: its armored text and its fingerprint, as GnuPG says it."""
    home = tmp_path_factory.mktemp("gpg")
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet"]
    try:
        make = [*gpg, "--passphrase", "", "--quick-generate-key", "a@example.com", "ed25519"]
        subprocess.run(make, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no gpg on this computer")
    armored = subprocess.check_output([*gpg, "--armor", "--export"], text=True)
    shown = subprocess.check_output([*gpg, "--with-colons", "--fingerprint"], text=True)
    return armored, shown.partition("fpr:::::::::")[2].partition(":")[0]


def test_a_key_within_a_source_has_its_fingerprint(signer):
    armored, fingerprint = signer
    inline = "".join(f" {line or '.'}\n" for line in armored.splitlines())
    text = f"Types: deb\nURIs: http://a\nSuites: s\nSigned-By:\n{inline}"
    asked = {"targets": "", "architecture": "amd64", "sources": {"x.sources": text}}
    (one,), _ = sources(asked)
    assert one.keys == [fingerprint]


def test_signed_by_names_files_and_fingerprints():
    one_key, *_ = sources(
        {
            "targets": "",
            "architecture": "amd64",
            "sources": {"x.list": f"deb [signed-by={'ab' * 20}!,/k.asc] http://a s main"},
        }
    )[0]
    assert one_key.keys == ["AB" * 20, "/k.asc"]


POLICY = """\
Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 http://security.example.org/debian-security trixie-security/main amd64 Packages
     release v=13,o=Debian,a=stable-security,n=trixie-security,l=Debian-Security,c=main,b=amd64
     origin security.example.org
 990 http://deb.example.org/debian trixie/main amd64 Packages
     release v=13.8,o=Debian, and others,a=stable,n=trixie,l=Debian,c=main,b=amd64
  -1 http://x s/main amd64 Packages
     release o=X,a=s
Pinned packages:
     a -> 1 with priority 500
"""


def test_priorities_are_read():
    assert [(one.priority, one.release.get("codename")) for one in policy(POLICY)] == [
        (500, "trixie-security"), (990, "trixie"), (-1, None)
    ]  # fmt: skip
    assert policy(POLICY)[1].release["origin"] == "Debian, and others"


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_real_priorities_are_read(release):
    assert [one.priority for one in policy(REAL[release]["policy"])] == [500, 500, 500]


TEXT = st.text(st.characters(codec="utf-8"), max_size=80)


@settings(database=None, derandomize=True, deadline=None)
@given(before=TEXT, after=TEXT, kind=st.sampled_from([".list", ".sources"]))
def test_no_line_hides_a_source(before, after, kind):
    entry = "deb [trusted=yes] http://bad.example.com s main"
    if kind == ".sources":
        entry = "\nTypes: deb\nURIs: http://bad.example.com\nSuites: s\nTrusted: yes\n"
    asked = {
        "targets": before,
        "architecture": after,
        "sources": {f"x{kind}": f"{before}\n{entry}\n{after}"},
    }
    found = sources(asked)[0]
    assert "http://bad.example.com" in [one.uri for one in found]
    assert all(isinstance(one.keys, list) for one in found)


@settings(database=None, derandomize=True, deadline=None)
@given(TEXT)
def test_no_text_makes_a_reader_stumble(text):
    policy(text)
    written(text)
    list(Config(tuple(text.splitlines())).pairs)
    fingerprints(KEY.format(head="", body=text))


@settings(database=None, derandomize=True, deadline=None)
@given(st.binary(max_size=64))
def test_no_key_makes_the_reader_stumble(body):
    fingerprints(KEY.format(head="Version: x", body=base64.b64encode(body).decode()))


def test_commands_of_no_package_are_told_with_the_time_of_their_file(tmp_path, monkeypatch):
    (tmp_path / "70debconf").write_text('DPkg::Pre-Install-Pkgs {"preconfigure";};')
    (tmp_path / "99zz").write_text('DPkg::Pre-Invoke {"false";};')
    known = ASK.md5((tmp_path / "70debconf").read_bytes())
    monkeypatch.setattr(ASK, "printed", lambda *_: f" {tmp_path}/70debconf {known}\n")
    config = ['DPkg::Pre-Install-Pkgs:: "preconfigure";', 'DPkg::Pre-Invoke:: "false";',
              'APT::Update::Post-Invoke-Success:: "elsewhere";']  # fmt: skip
    found = ASK.hooks(config, list(tmp_path.iterdir()))
    assert [(one["key"], one["command"]) for one in found] == [
        ("DPkg::Pre-Invoke", "false"), ("APT::Update::Post-Invoke-Success", "elsewhere")
    ]  # fmt: skip
    assert found[0]["written"]
    assert found[1]["written"] is None


def test_a_proxy_without_an_answer_is_named_without_its_password():
    silent = ASK.silent_proxies(
        ['Acquire::http::Proxy "http://me:word@127.0.0.1:1/";', 'Acquire::https::Proxy "DIRECT";']
    )
    assert silent == ["127.0.0.1:1"]
    assert "word" not in ASK.without_secret("https://me:word@a.example.com/deb")
