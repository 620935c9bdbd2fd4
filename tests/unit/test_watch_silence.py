"""Who has fallen silent, by what was signed and by nothing else."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from evidence_tools import key, signer

from socle.errors import SocleError
from socle.evidence import bundle
from socle.evidence.manifest import COMPANIONS
from socle.evidence.model import Baseline, Bundle, Declared, Machine, Practice, Software
from socle.evidence.signature import Trust, sign, verify
from socle.watch.silence import Listener

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTS = ("accueil", "poste-echo")
LIMIT = timedelta(hours=48)
ID = "0123456789abcdef"


def declared(name="accueil"):
    return Declared(groups=("all",), addresses=(), method="ssh", address=name, port=22, settings={})


def hours(number):
    return NOW - timedelta(hours=number)


@pytest.fixture
def keys(tmp_path):
    (tmp_path / "keys").mkdir()
    return {
        name: key(tmp_path / "keys", name)
        for name in ("operator", "accueil", "poste-echo", "other")
    }


@pytest.fixture
def trust(tmp_path, keys):
    names = {"operator": "it@prestataire.example", **{host: f"{host}@cabinet" for host in HOSTS}}
    file = tmp_path / "allowed_signers"
    file.write_text("".join(signer(name, keys[which]) for which, name in names.items()))
    return Trust(file)


@pytest.fixture
def send(tmp_path, keys):
    """A bundle in the folder, signed as wished."""
    folder = tmp_path / "depot"
    folder.mkdir()

    def sent(host, age, by="operator", practice="cabinet", signed=None):
        content = Bundle(
            collected=hours(age),
            seconds=1,
            software=Software(socle="0"),
            baseline=Baseline(digest="ab"),
            host=Machine(name=host),
            practice=Practice(name=practice, hosts={host: declared(host)}),
            answers=(),
            verdicts=(),
        )
        file = bundle.write(content, folder)
        if by:
            sign(file, keys[by], hours(age if signed is None else signed))
        return file

    sent.folder = folder
    return sent


@pytest.fixture
def heard(send, trust):
    def listening(hosts=HOSTS[:1]):
        return Listener("cabinet", ID, hosts, trust, LIMIT, NOW).listen(send.folder)

    return listening


def test_a_host_is_heard_of_while_its_newest_good_bundle_is_young(send, heard):
    send("accueil", 60)
    send("accueil", 47)
    found = heard()
    assert not found.silent
    assert found.hosts[0].last == hours(47)


def test_a_host_is_silent_since_its_newest_good_bundle(send, heard):
    send("accueil", 60)
    send("accueil", 49)
    assert [(one.host, one.last) for one in heard().silent] == [("accueil", hours(49))]


def test_a_host_that_never_sent_anything_is_silent_since_ever(send, heard):
    send("accueil", 1)
    assert [(one.host, one.last) for one in heard(HOSTS).silent] == [("poste-echo", None)]


def test_the_date_of_the_file_says_nothing(send, heard):
    old, young = send("accueil", 60), send("poste-echo", 1)
    os.utime(old)
    os.utime(young, (0, 0))
    assert [one.host for one in heard(HOSTS).silent] == ["accueil"]


def test_an_old_bundle_signed_again_stays_old(send, heard):
    send("accueil", 60, signed=0)
    assert heard().silent[0].last == hours(60)


def spoilt(file):
    file.write_bytes(file.read_bytes() + b" ")


def renamed(file):
    for suffix in ("", *COMPANIONS[:2]):
        file.with_name(file.name + suffix).rename(
            file.with_name(f"accueil-20261122T115900Z.bundle{suffix}")
        )


@pytest.mark.parametrize(
    ("made", "spoil", "reason"),
    [
        ({"age": 1}, spoilt, "altered"),
        ({"age": 60}, renamed, "altered"),
        ({"age": 1, "by": ""}, None, "unsigned"),
        ({"age": 1, "by": "other"}, None, "unknown signer"),
        ({"age": -1}, None, "comes from the future"),
        ({"age": 60, "signed": -1}, None, "comes from the future"),
        ({"age": 1, "by": "poste-echo"}, None, "signed by another machine, poste-echo"),
    ],
    ids=["altered", "renamed", "unsigned", "unknown", "future", "dated-ahead", "another-machine"],
)
def test_what_nobody_vouches_for_is_named_and_does_not_count(send, heard, made, spoil, reason):
    file = send("accueil", **made)
    if spoil:
        spoil(file)
    found = heard(HOSTS)
    assert [one.last for one in found.hosts] == [None, None]
    assert reason in found.refused[0].reason


def test_another_practice_s_host_of_the_same_name_does_not_count(send, heard):
    send("accueil", 1, practice="cabinet-durand")
    found = heard()
    assert [one.host for one in found.silent] == ["accueil"]
    assert not found.refused


def test_a_host_whose_name_begins_like_another_s_is_not_that_one(send, heard):
    send("poste-echo", 1)
    assert heard(("poste",)).silent


def test_a_machine_may_sign_for_itself(send, heard):
    send("accueil", 1, by="accueil")
    assert not heard().silent


def test_a_pipe_among_the_bundles_stops_nothing(send, heard):
    send("accueil", 1)
    os.mkfifo(send.folder / "accueil-20261122T115900Z.bundle")
    found = heard()
    assert not found.silent
    assert [one.reason for one in found.refused] == ["expected a plain file"]


def test_folders_within_each_other_stop_nothing(send, heard, deep_folder):
    send("accueil", 1)
    deep_folder(send.folder / "evil", 1500)
    found = heard()
    assert not found.silent
    assert "more than 32 folders" in found.refused[0].reason


def test_a_huge_file_among_the_bundles_stops_nothing(send, heard):
    good = send("accueil", 1)
    huge = send.folder / "accueil-20991122T115900Z.bundle"
    for suffix in (".manifest", ".sig"):
        huge.with_name(huge.name + suffix).write_bytes(Path(f"{good}{suffix}").read_bytes())
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    found = heard()
    assert not found.silent
    assert [one.reason for one in found.refused] == ["it is too large for a bundle"]


def test_a_bundle_that_cannot_be_read_stops_nothing(send, heard, monkeypatch):
    send("accueil", 30)
    bad = send("accueil", 1)

    def verified(path, *words):
        if path == bad:
            raise SocleError(f"{path}: cannot be read: Permission denied")
        return verify(path, *words)

    monkeypatch.setattr("socle.watch.silence.verify", verified)
    found = heard()
    assert found.hosts[0].last == hours(30)
    assert ["cannot be read" in one.reason for one in found.refused] == [True]
