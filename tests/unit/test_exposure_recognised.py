"""What can be recognised from outside: what every network has, and what the rooms declare."""

import pytest

from socle.errors import SocleError
from socle.exposure import recognised
from socle.exposure.recognised import GENERAL

ROOM = """
from socle.exposure.recognised import Program, UsualPort

PORTS = (UsualPort(9000, "toys", "jouets", patients=True), UsualPort(22, "toys", "jouets"))
PROGRAMS = (Program("toy", "/toys"),)
"""


def test_a_room_adds_what_it_knows_and_its_word_counts(toy):
    toy.write("/roles/toy/exposure.py", ROOM)
    found = recognised.recognised()
    assert list(found.ports) == sorted({*(one.number for one in GENERAL), 9000})
    assert found.patients == {9000}
    assert [found.purpose(port, "fr") for port in (22, 9000, 1)] == ["jouets", "jouets", ""]
    assert found.purpose(22) == "toys"
    assert [one.page for one in found.programs] == ["/toys"]


def test_without_rooms_that_declare_there_is_what_every_network_has(toy):
    assert set(recognised.recognised().ports) == {one.number for one in GENERAL}


def test_a_computer_without_a_practice_knows_the_rooms_of_its_own_checkout(monkeypatch, tmp_path):
    monkeypatch.delenv("SOCLE_CHECKOUT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert set(recognised.recognised().ports) >= {one.number for one in GENERAL}


def test_fewer_ports_are_never_looked_at_in_silence(monkeypatch, tmp_path):
    monkeypatch.setenv("SOCLE_CHECKOUT", str(tmp_path))
    with pytest.raises(SocleError, match="expected a checkout of Socle"):
        recognised.recognised()
