"""Evidence reaches its place whole, once, and in the right order, or waits."""

import os
import subprocess

import pytest

from socle.evidence import files
from socle.watch import places
from socle.watch.drop import KEPT, drop
from socle.watch.places import Folder, Sftp


@pytest.fixture
def place(tmp_path):
    (tmp_path / "place").mkdir()
    return Folder(tmp_path / "place")


@pytest.fixture
def queue(tmp_path):
    return tmp_path / "state/queue"


@pytest.fixture
def evidence(tmp_path):
    def made(day=1, host="accueil"):
        file = tmp_path / f"{host}-202611{day:02}T120000Z.bundle"
        file.write_text(f"bundle {day}")
        companions = [file.with_name(file.name + end) for end in (".manifest", ".sig")]
        for companion in companions:
            companion.write_text(companion.suffix)
        return [file, *companions]

    return made


def there(folder):
    return sorted(path.name for path in folder.iterdir())


def test_evidence_and_its_signature_arrive_and_nothing_waits(place, queue, evidence):
    assert drop(evidence(), place, queue).ok
    assert there(place.path) == [file.name for file in sorted(evidence())]
    assert not there(queue)


def test_a_bundle_comes_after_what_vouches_for_it(place, queue, evidence, monkeypatch):
    order = []
    copy = places._copy
    monkeypatch.setattr(
        places, "_copy", lambda file, to: (order.append(file.suffix), copy(file, to))
    )
    drop(evidence(), place, queue)
    assert order == [".manifest", ".sig", ".bundle"]


def test_what_cannot_be_delivered_goes_with_the_next_run(place, queue, evidence):
    gone = place.path.rename(place.path.with_name("away"))
    failed = drop(evidence(1), place, queue)
    assert not failed.ok
    assert failed.reason == f"{place.path}: No such file or directory; 1 waiting"
    assert queue.stat().st_mode & 0o777 == 0o700
    gone.rename(place.path)
    assert drop(evidence(2), place, queue).ok
    assert len(there(place.path)) == 6
    assert not there(queue)


def test_the_queue_is_bounded_and_says_what_it_gave_up(place, queue, evidence, tmp_path):
    for day in range(1, KEPT + 3):
        failed = drop(evidence(day), Folder(tmp_path / "nowhere"), queue)
    assert failed.reason.endswith(f"{KEPT} waiting; 1 given up, the oldest")
    assert drop([], place, queue).ok
    bundles = [name for name in there(place.path) if name.endswith(".bundle")]
    assert len(bundles) == KEPT
    assert bundles[0] == "accueil-20261103T120000Z.bundle"


def test_an_empty_mount_point_is_not_filled(tmp_path, queue, evidence):
    (tmp_path / "nas/preuves").mkdir(parents=True)
    place = Folder(tmp_path / "nas/preuves", mount=tmp_path / "nas")
    assert "nothing is mounted there" in drop(evidence(), place, queue).reason
    assert not there(place.path)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_what_is_mounted_is_filled(tmp_path, queue, evidence):
    nas = tmp_path / "nas"
    nas.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", nas], check=True)
    try:
        (nas / "preuves").mkdir()
        assert drop(evidence(), Folder(nas / "preuves", mount=nas), queue).ok
        assert len(there(nas / "preuves")) == 3
    finally:
        subprocess.run(["umount", nas], check=True)


def test_links_of_others_are_not_followed(place, queue, evidence, tmp_path):
    sent = evidence()
    target = tmp_path / "shadow"
    target.write_text("root's")
    (place.path / f".{sent[0].name}.part").symlink_to(target)
    (place.path / sent[0].name).symlink_to(target)
    assert drop(sent, place, queue).ok
    assert target.read_text() == "root's"
    assert not (place.path / sent[0].name).is_symlink()


def test_what_a_killed_run_left_is_tidied_up(place, queue, evidence):
    sent = evidence()
    queue.mkdir(parents=True)
    (queue / ".half").write_text("half")
    (queue / "accueil-20261030T120000Z.bundle.sig").write_text("alone")
    (place.path / f".{sent[0].name}.part").write_text("half")
    assert drop(sent, place, queue).ok
    assert len(there(place.path)) == 3


def test_a_run_killed_while_queueing_leaves_no_bundle_without_its_signature(
    place, queue, evidence, monkeypatch
):
    replace, left = files.replace, iter([True, False])

    def killed(path, content):
        if not next(left):
            raise KeyboardInterrupt
        replace(path, content)

    sent = evidence()
    monkeypatch.setattr(files, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        drop(sent, place, queue)
    assert drop([], place, queue).ok
    assert not there(place.path)


def test_the_folders_group_may_read_and_nobody_else(place, queue, evidence):
    before = os.umask(0o077)
    try:
        drop(evidence(), place, queue)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in place.path.iterdir()} == {0o640}


def test_a_name_that_sftp_could_read_otherwise_is_not_sent(place, queue, tmp_path):
    odd = tmp_path / "a b;c"
    odd.touch()
    assert "such a name is not sent" in drop([odd], place, queue).reason
    assert not there(place.path)


def test_sftp_says_which_of_its_files_is_missing(queue, evidence, tmp_path):
    place = Sftp("depot.example", "cabinet", tmp_path / "key", tmp_path / "known_hosts")
    failed = drop(evidence(), place, queue)
    assert (failed.way, failed.to) == ("sftp", "cabinet@depot.example:.")
    assert failed.reason == f"{tmp_path}/key: there is no such file; 1 waiting"


def test_no_word_of_a_place_becomes_an_option(queue, evidence, tmp_path):
    (tmp_path / "key").touch()
    (tmp_path / "known_hosts").touch()
    for host, user in (("-oProxyCommand=x", "a"), ("h", "-x"), ("h;x", "a")):
        place = Sftp(host, user, tmp_path / "key", tmp_path / "known_hosts")
        assert "impossible name" in drop(evidence(), place, queue).reason
