"""What leaves a machine in an incident: no secret, no patient."""

import json
import subprocess
import time
from pathlib import Path

import pytest
from exposed import NOW, Link
from timing import linear

from socle.commands.incident import incident
from socle.errors import SocleError
from socle.evidence.redaction import Redactor
from socle.exposure import folder
from socle.exposure.gather import Machine, gather, sources, untyped
from socle.verify.checks import Unknown, Unreachable
from socle.verify.questions import Answer


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


def test_known_secrets_are_masked_in_every_file():
    found = gather(Link(b"wpa correct-horse-battery\n"), NOW, Redactor(["correct-horse-battery"]))
    assert set(found.files) == set(sources("@0"))
    assert not [text for text in found.files.values() if "horse" in text]


def test_what_cannot_be_masked_is_not_kept_and_costs_no_other_file():
    class Broken(Redactor):
        def text(self, text):
            if "secret" in text:
                raise RecursionError
            return super().text(text)

    asked = Link(b"plain\n")
    asked.run = lambda command, limit: Answer(0, b"secret" if "ruleset" in command else b"a", b"")
    found = gather(asked, NOW, Broken())
    assert found.trouble == "rules.nft.txt cannot be masked: RecursionError"
    assert "rules.nft.txt" not in found.files
    assert found.files["sshd.txt"] == "a"


@pytest.mark.parametrize(
    "again", ["invalid user ", "invalid user a from 1 port 2 ", "1:", " from 1", "\n"]
)
def test_twice_as_long_a_log_takes_twice_as_long(again):
    assert linear(lambda size: untyped("invalid user x" + again * (size // len(again))))


def test_each_machine_is_on_the_disk_before_the_next_one_ends(toy, monkeypatch, tmp_path_factory):
    practice = toy.load()
    seen = {}
    place = tmp_path_factory.mktemp("incident") / "p"

    def asked(link, since, masks):
        name = link.target.name
        deadline = time.monotonic() + 20
        while name == "store" and len(seen) < 2 and time.monotonic() < deadline:
            for one in ("desk", "lab"):
                if (place / f"evidence/{one}/sshd.txt").is_file():
                    seen[one] = True
            time.sleep(0.01)
        return Machine(name, files={"sshd.txt": "a"})

    monkeypatch.setattr("socle.exposure.gather.gather", asked)
    monkeypatch.setattr("socle.commands.incident._sign", lambda *_: None)
    assert incident(practice.folder, out=place) == 0
    assert set(seen) == {"desk", "lab"}
    told = json.loads((place / "evidence/gathered.json").read_text())
    assert list(told["machines"]) == ["desk", "lab", "store"]


def test_a_machine_that_cannot_be_asked_is_told():
    found = gather(Link(trouble=Unreachable("imagerie is off")), NOW, Redactor())
    assert (found.trouble, found.files) == ("imagerie is off", {})


def test_a_question_without_an_answer_is_noted():
    found = gather(Link(trouble=Unknown("took too long")), NOW, Redactor())
    assert all("trouble" in note for note in found.notes)
    assert len(found.notes) >= len(sources("@0")), "and what rooms ask besides"


def test_the_folder_is_the_owner_s_alone_and_its_sums_hold(tmp_path):
    made = folder.create(tmp_path / "incident", tmp_path / "checkout")
    folder.add(made, {"a/b.txt": b"1"})
    folder.add(made, {"c.txt": b"2"})
    sums = folder.seal(made, {"a/b.txt": b"1", "c.txt": b"2"})
    assert {oct(p.stat().st_mode & 0o77) for p in [made, *made.rglob("*")]} == {"0o0"}
    subprocess.run(["sha256sum", "--check", "--strict", sums.name], cwd=sums.parent, check=True)


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    with pytest.raises(SocleError, match="does not exist yet"):
        folder.create(tmp_path, Path("/nowhere"))


def test_a_folder_in_the_checkout_is_refused(tmp_path):
    with pytest.raises(SocleError, match="outside of"):
        folder.create(tmp_path / "build/incident", tmp_path)
