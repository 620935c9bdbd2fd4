"""What leaves an imaging server in an incident: no secret, no patient."""

import json
import subprocess
from pathlib import Path

import pytest
from exposed import NOW, Link

from roles.imaging.configuration import configuration, masked
from roles.imaging.files.usr.local.lib.socle.imaging.folder import File, merged
from roles.imaging.incident import (
    ADDRESSES,
    CONFIGURATION,
    SOURCES,
    addresses,
    stored,
    strangers,
)
from socle.commands import incident
from socle.evidence.redaction import MASK, Redactor
from socle.exposure.gather import gather, sources
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


def test_the_notification_counts_strangers_and_files():
    callers = {"8.8.4.4": 2, "2001:4860:4860::8888": 1, "10.0.0.1": 5}
    assert strangers("pacs", callers) == (
        "Journaux du logiciel d'imagerie de pacs : 2 adresses d'Internet"
    )
    assert strangers("pacs", {"10.0.0.1": 5}).endswith(": 0 adresse d'Internet")
    assert stored("pacs", 1).startswith(
        "stockage du logiciel d'imagerie de pacs : 1 fichier au moment du relevé (ce n'est ni un"
    )


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
    assert found.data == ([] if told else [stored("imagerie", 1)])
    asked = json.loads(incident._about([found], NOW, NOW))["machines"]["imagerie"]
    troubles = [asked["trouble"], *(note.get("trouble", "") for note in asked["questions"])]
    assert told in "".join(troubles)
    assert bool(told) == any(troubles)
    assert len(incident._files(found)) == len(found.files)


def test_the_core_asks_the_room_s_questions_and_lists_its_folders():
    asked = sources("@0")
    assert set(SOURCES) < set(asked)
    assert " /etc/orthanc " in asked["files.txt"]
