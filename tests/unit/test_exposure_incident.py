"""What leaves a machine in an incident: no secret, no patient."""

import subprocess
from pathlib import Path

import pytest
from exposed import NOW, Link

from socle.errors import SocleError
from socle.evidence.redaction import Redactor
from socle.exposure import folder
from socle.exposure.gather import gather, sources, untyped
from socle.verify.checks import Unknown, Unreachable


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


def test_a_machine_that_cannot_be_asked_is_told():
    found = gather(Link(trouble=Unreachable("imagerie is off")), NOW, Redactor())
    assert (found.trouble, found.files) == ("imagerie is off", {})


def test_a_question_without_an_answer_is_noted():
    found = gather(Link(trouble=Unknown("took too long")), NOW, Redactor())
    assert all("trouble" in note for note in found.notes)
    assert len(found.notes) >= len(sources("@0")), "and what rooms ask besides"


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
