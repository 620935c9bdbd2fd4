"""What leaves a machine in an incident: no secret, no patient."""

import json
import subprocess
from pathlib import Path

import pytest
from exposed import NOW

from roles.imaging.configuration import configuration, masked
from roles.imaging.files.usr.local.lib.socle.imaging.folder import File, merged
from roles.imaging.incident import ADDRESSES, CONFIGURATION, addresses
from socle.commands import incident
from socle.errors import SocleError
from socle.evidence.redaction import MASK, Redactor
from socle.exposure import folder
from socle.exposure.gather import gather, sources, untyped
from socle.exposure.recognised import recognised
from socle.verify.checks import Unknown, Unreachable
from socle.verify.questions import Answer

WRITTEN = """
{
  // "Password" : "in-a-comment",
  "Name" : "Cabinet du Dr DUPONT", /* "secret" */
  "DicomAet" : "IMAGERIE", "HttpPort" : 8042, "RemoteAccessAllowed" : true,
  "RegisteredUsers" : { "martin" : "s3cr3t} \\" //x" },
  "DicomModalities" : { "echo" : [ "ECHO", "192.168.1.40", 104 ] },
  "OrthancPeers" : { "cloud" : [ "https://peer.example/", "martin", "s3cr3t" ] },
  "PostgreSQL" : { "Password" : 123456, "Port" : 5432 }
}
"""


def test_a_configuration_keeps_its_switches_and_loses_its_secrets():
    found = masked(configuration(WRITTEN))
    text = json.dumps(found)
    assert not [word for word in ("s3cr3t", "martin", "DUPONT", "123456", "in-a") if word in text]
    assert found["RemoteAccessAllowed"] is True
    assert found["RegisteredUsers"] == "1 accounts"
    assert found["DicomModalities"]["echo"] == ["ECHO", "192.168.1.40", 104]
    assert found["PostgreSQL"]["Port"] == 5432


@pytest.mark.parametrize("text", ["{", "[]", "", '{"a": "b}', "[" * 100_000])
def test_what_is_no_configuration_is_left_out(text):
    assert configuration(text) is None


def gathered(folder):
    """What is told of a machine whose Orthanc has this folder of settings."""

    class Server(Link):
        def run(self, command, limit):
            here = command.replace("/etc/orthanc", str(folder))
            said = subprocess.run(["sh", "-c", here], capture_output=True, check=False).stdout
            return Answer(0, said if command == CONFIGURATION else b"1", b"")

    found = gather(Server(), NOW, Redactor())
    told = json.loads(found.files["orthanc-configuration.json"])
    counted = json.loads(found.files["imaging-stored.json"])["folder"]
    return {Path(name).name: settings for name, settings in told.items()}, counted


def test_every_file_that_orthanc_reads_is_told_as_orthanc_reads_it(tmp_path):
    texts = {
        "orthanc.json": '{"HttpPort": 8042, "HttpPort": 8043,} // the last one counts',
        "plugin.JSON": '\ufeff{/* ours */ "StorageDirectory": "/srv/images", "Threads": ${N}}',
        "broken.json": "{",
        "notes.txt": '{"HttpPort": 1}',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    told, counted = gathered(tmp_path)
    assert told == {
        "orthanc.json": {"HttpPort": 8043},
        "plugin.JSON": {"StorageDirectory": "/srv/images", "Threads": MASK},
        "broken.json": None,
    }
    assert counted == "/srv/images"
    files = [File(name, texts[name]) for name in ("orthanc.json", "plugin.JSON")]
    own = merged(files)
    assert {**told["orthanc.json"], **told["plugin.JSON"]} == {**own, "Threads": MASK}, (
        "what the program on the host reads"
    )


LOG = """
I0322 CommandDispatcher.cpp: Association Received from AET ECHO on IP 8.8.4.4
I0322 ServerContext.cpp: New instance 1.2.840.113619.2.55 for patient DUPONT^JEAN 19620412
E0322 HttpServer.cpp: request from 2001:4860:4860::8888. at 12:34:56
W0322 version 1.2.3.4.5, then 8.8.4.4:4242.
"""


def test_of_an_imaging_log_only_addresses_leave_the_machine(tmp_path):
    (tmp_path / "log").write_text(LOG)
    pipeline = ADDRESSES.format(since="@0").partition("| ")[2]
    words = ["sh", "-c", f"cat log | {pipeline}"]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "DUPONT" not in said
    assert "1.2" not in said
    assert addresses(said) == {"8.8.4.4": 2, "2001:4860:4860::8888": 1}


def test_what_is_no_address_is_dropped():
    assert addresses("   3 300.1.2.3\n   1 12:34:56\n x 10.0.0.9\n   2 10.0.0.1\n") == {
        "10.0.0.1": 2
    }


@pytest.mark.parametrize(
    "line",
    [
        "Invalid user Hunter2! from 10.0.0.1 port 4",
        "Failed password for invalid user Hunter2! from 10.0.0.1 port 4 ssh2",
        "Connection closed by invalid user Hunter2! 10.0.0.1 port 4 [preauth]",
        "Disconnected from invalid user my Hunter2! from x 10.0.0.1 port 4 [preauth]",
        "input_userauth_request: invalid user Hunter2! [preauth]",
    ],
)
def test_what_was_typed_as_a_name_is_masked(line):
    found = untyped(f"{line}\nnext line")
    assert "Hunter2" not in found
    assert ("10.0.0.1 port 4" in found) == ("10.0.0.1" in line)
    assert found.endswith("\nnext line")


class Link:
    """A machine that answers everything with the same words."""

    class target:  # noqa: N801
        name = "imagerie"

    def __init__(self, said=b"", trouble=None):
        self.said, self.trouble = said, trouble
        self.asked = []

    def open(self):
        if isinstance(self.trouble, Unreachable):
            raise self.trouble

    def run(self, command, limit):
        self.asked.append(command)
        if self.trouble:
            raise self.trouble
        return Answer(0, self.said, b"")


def test_known_secrets_are_masked_in_every_file():
    found = gather(Link(b"wpa correct-horse-battery\n"), NOW, Redactor(["correct-horse-battery"]))
    assert set(found.files) == set(sources("@0"))
    assert not [text for text in found.files.values() if "horse" in text]


def test_a_machine_that_cannot_be_asked_is_told():
    found = gather(Link(trouble=Unreachable("imagerie is off")), NOW, Redactor())
    assert (found.trouble, found.files) == ("imagerie is off", {})


def test_a_question_without_an_answer_is_noted():
    found = gather(Link(trouble=Unknown("took too long")), NOW, Redactor())
    assert all("trouble" in note for note in found.notes)
    assert len(found.notes) == len(sources("@0")) + 1


class Orthanc(Link):
    """A machine that answers its settings with the words, and runs nothing that Linux cannot."""

    def run(self, command, limit):
        subprocess.run(["true", command], check=True)
        said = self.said if command == CONFIGURATION else b"1"
        return Answer(0, said, b"")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (r'{"StorageDirectory": "/x\u0000y"}', "no plain absolute path"),
        (r'{"StorageDirectory": "/x\ud800y"}', "no plain absolute path"),
        ('{"StorageDirectory": "/%s"}' % ("y" * 200_000), "no plain absolute path"),
        ('{"StorageDirectory": "-delete"}', "no plain absolute path"),
        (r'{"\ud800": true}', ""),
        ('{"a":' * 600 + "1" + "}" * 600, ""),
    ],
    ids=["nul", "surrogate", "long", "option", "surrogate-key", "deep"],
)
def test_a_machines_strange_settings_are_its_own_trouble(settings, told):
    said = b"/etc/orthanc/orthanc.json\0" + settings.encode() + b"\0"
    found = gather(Orthanc(said), NOW, Redactor())
    assert set(sources("@0")) <= set(found.files)
    assert found.stored == (None if told else 1)
    contents = dict(incident._contents([found], NOW, NOW))
    asked = json.loads(contents["gathered.json"])["machines"]["imagerie"]
    troubles = [asked["trouble"], *(note.get("trouble", "") for note in asked["questions"])]
    assert told in "".join(troubles)
    assert bool(told) == any(troubles)
    assert len(contents) == len(found.files) + 1


def test_the_folder_is_the_owner_s_alone_and_its_sums_hold(tmp_path):
    made = folder.create(tmp_path / "incident", tmp_path / "checkout")
    sums = folder.fill(made, {"a/b.txt": b"1", "c.txt": b"2"})
    assert {oct(p.stat().st_mode & 0o77) for p in [made, *made.rglob("*")]} == {"0o0"}
    subprocess.run(["sha256sum", "--check", "--strict", sums.name], cwd=sums.parent, check=True)


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    with pytest.raises(SocleError, match="does not exist yet"):
        folder.create(tmp_path, Path("/nowhere"))


def test_a_folder_in_the_checkout_is_refused(tmp_path):
    with pytest.raises(SocleError, match="outside of"):
        folder.create(tmp_path / "build/incident", tmp_path)


def test_the_ports_of_controls_are_looked_at():
    assert {21, 22, 80, 104, 443, 445, 1194, 2575, 2762, 3389, 4242, 5900, 8042, 11112} <= set(
        recognised().ports
    )
