"""Who is warned after a look, how often, and what is kept of it."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import socle
from socle.baseline import rooms
from socle.baseline.watching import Watch
from socle.watch import report, telling
from socle.watch.model import Attempt
from socle.watch.places import Folder, Sftp
from socle.watch.report import Report

ROOT = Path(socle.__file__).parents[1]
BROKEN, OTHER, OWN = [one.id for room in rooms.promises(ROOT) for one in room.controls][:3]
MAIL = {
    "relay": "smtp.cabinet.example",
    "port": 587,
    "security": "starttls",
    "sender": "socle@cabinet.example",
    "recipients": ["it@provider.example"],
    "user": None,
}


@pytest.fixture
def looks(tmp_path, monkeypatch):
    """``looks.at("BROKEN…")``: a look that finds these promises broken, and tells."""
    said = SimpleNamespace(works=True, mails=[], notices=[], state=tmp_path)

    def send(notice, settings):
        said.mails.append([title.en for title in notice.broken])
        return Attempt("mail", ", ".join(settings.recipients), ok=said.works)

    def at(*broken, trouble=None):
        before = report.last(tmp_path)
        verdicts = dict.fromkeys((BROKEN, OTHER), "pass") | dict.fromkeys(broken, "fail")
        found = Report("accueil", "cabinet", "2026-11-22T12:30:00+00:00", "abc", verdicts=verdicts)
        found = replace(found, trouble=trouble, told=before.told if before else ())
        watch = Watch(OWN, "Dr N.", MAIL, None, keep_bundles=14, acknowledge_days=30)
        return telling.tell(found, SimpleNamespace(watch=watch), ROOT, tmp_path)

    monkeypatch.setattr(telling.notify, "desktop", lambda notice: said.notices.append(notice) or [])
    monkeypatch.setattr(telling.mail, "send", send)
    said.at = at
    return said


def test_desktops_hear_of_every_look_and_mail_of_news(looks):
    for broken in ((), (BROKEN,), (BROKEN,), (BROKEN, OTHER)):
        looks.at(*broken)
    assert [len(notice.broken) for notice in looks.notices] == [0, 1, 1, 2]
    assert [len(mail) for mail in looks.mails] == [1, 2]


def test_a_mail_that_did_not_go_out_is_tried_again(looks):
    looks.works = False
    assert looks.at(BROKEN).attempts[-1]["ok"] is False
    looks.works = True
    looks.at(BROKEN)
    looks.at(BROKEN)
    assert len(looks.mails) == 2


def test_the_readers_of_mails_hear_once_that_all_is_well_again(looks):
    for broken in ((BROKEN,), (), ()):
        looks.at(*broken)
    assert looks.mails[1:] == [[]]


def test_what_breaks_again_is_told_again(looks):
    for broken in ((BROKEN,), (), (BROKEN,)):
        looks.at(*broken)
    assert [len(mail) for mail in looks.mails] == [1, 0, 1]


def test_nobody_is_warned_of_what_somebody_has_acknowledged(looks):
    looks.at(BROKEN)
    report.acknowledge(BROKEN, who="Dr N.", why="jeudi", days=30, state=looks.state)
    looks.at(BROKEN)
    assert looks.notices[-1].broken == ()


def test_a_look_that_measured_nothing_is_a_warning(looks):
    looks.at(trouble="the checks could not run")
    assert looks.mails == [["This machine could not verify itself"]]


def test_what_came_of_it_is_kept(looks):
    found = looks.at(BROKEN)
    assert report.last(looks.state) == found
    assert [one["way"] for one in found.attempts] == ["mail"]


def test_a_place_is_a_folder_or_an_account(tmp_path):
    folder = {"kind": "folder", "folder": "/srv/preuves", "mount": "/srv"}
    assert telling.place(folder, tmp_path) == Folder(Path("/srv/preuves"), Path("/srv"))
    account = {"kind": "sftp", "server": "nas", "folder": "/in", "user": "cabinet", "port": 2222}
    place = telling.place(account, tmp_path)
    assert isinstance(place, Sftp)
    assert (place.host, place.port, place.key) == ("nas", 2222, tmp_path / "drop_ed25519")
    assert place.key.stat().st_mode & 0o777 == 0o600
