"""What is made of an imaging server's answers, and what the tries themselves say."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import yaml

from roles.imaging import judge
from roles.imaging.files import stray_images, web_tries
from roles.imaging.files.associate import associate, request
from socle.machine.blockdevices import Machine
from socle.machine.blocktree import Printed
from socle.verify.checks import ControlFailed, Unknown

LAYOUTS = Path(__file__).parents[3] / "tests/unit/data/blockdevices"
NOW = 1_800_000_000
DECLARED = {
    "us": {"AET": "US1", "Host": "10.0.0.5", "AllowFind": False, "AllowStorageCommitment": 0}
}
LIVE = {"us": {"AET": "US1", "Host": "10.0.0.5", "AllowFind": False, "AllowNAction": False}}


def machine(layout: str) -> Machine:
    return Machine(Printed.of(yaml.safe_load((LAYOUTS / f"{layout}.yaml").read_text())["printed"]))


def days(count: int) -> int:
    return NOW + count * judge.DAY


def test_a_good_certificate_passes():
    judge.expect_certificate("imagerie:8443", f"{days(-10)}/{days(300)}", NOW, 30)


@pytest.mark.parametrize(
    "said",
    [
        f"{days(-380)}/{days(17)}",
        f"{days(-400)}/{days(-3)}",
        f"{days(-1)}/{days(3650)}",
        "self-signed certificate",
        "IP address mismatch",
        "no TLS (ConnectionRefusedError)",
    ],
    ids=["ends soon", "ended", "ten years", "self-signed", "another machine's", "no TLS"],
)
def test_a_bad_certificate_fails(said):
    with pytest.raises(ControlFailed):
        judge.expect_certificate("imagerie:8443", said, NOW, 30)


def test_devices_as_declared_pass():
    judge.expect_modalities(LIVE, DECLARED)


@pytest.mark.parametrize(
    ("live", "seen"),
    [
        (LIVE | {"portable": {}}, "portable"),
        ({}, "us: AET None"),
        ({"us": LIVE["us"] | {"AllowFind": True}}, "us: AllowFind True"),
        ({"us": LIVE["us"] | {"Host": "10.0.0.6"}}, "us: Host 10.0.0.6"),
    ],
)
def test_devices_otherwise_than_declared_fail(live, seen):
    with pytest.raises(ControlFailed, match=seen):
        judge.expect_modalities(live, DECLARED)


def test_folders_on_encrypted_disks_pass():
    judge.expect_encrypted(machine("recorded-lvm-on-luks"), ["/srv/images", "/tmp"])


def test_a_folder_on_a_plain_disk_fails_and_is_named():
    with pytest.raises(ControlFailed, match="/srv/images: plain"):
        judge.expect_encrypted(machine("recorded-plain-disks"), ["/srv/images"])


def test_a_container_has_no_disks_of_its_own():
    with pytest.raises(Unknown, match="systemd-nspawn"):
        judge.expect_encrypted(Machine(Printed.of("== container\nsystemd-nspawn\n== end\n")), [])


@contextmanager
def server(answer: bytes):
    """A port that says ``answer`` to whoever asks for an association, once."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            link, _ = listening.accept()
            with link:
                link.recv(1024)
                link.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (bytes((2, 0, 0, 0, 0, 4)) + bytes(68), "accepted"),
        (bytes((3, 0, 0, 0, 0, 4, 0, 1, 1, 3)), "rejected 1 1 3"),
        (bytes((7, 0, 0, 0, 0, 4, 0, 0, 2, 0)), "aborted"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "closed"),
        (b"", "closed"),
    ],
    ids=["accepted", "unknown title", "aborted", "a web server", "nothing"],
)
def test_an_association_says_what_it_met(answer, said):
    with server(answer) as port:
        assert associate("127.0.0.1", port, "IMAGERIE", "INCONNU") == said


def test_a_port_where_nobody_listens_refuses():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert associate("127.0.0.1", port, "IMAGERIE", "INCONNU") == "refused"
    assert web_tries.answer(f"http 127.0.0.1 {port} /system -") == "refused"


def test_a_request_has_both_titles_and_its_own_length():
    asked = request("IMAGERIE", "ECHO1")
    assert asked[10:26] == b"IMAGERIE".ljust(16)
    assert asked[26:42] == b"ECHO1".ljust(16)
    assert int.from_bytes(asked[2:6]) == len(asked) - 6


def test_stray_images_are_counted_by_what_they_are(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "images").mkdir()
    image = bytes(128) + b"DICM" + bytes(100)
    for name in ("home/export", "home/export.txt", "images/kept.dcm"):
        (tmp_path / name).write_bytes(image)
    (tmp_path / "home/empty.dcm").write_bytes(b"DICM")
    (tmp_path / "home/link.dcm").symlink_to(tmp_path / "images/kept.dcm")
    limit = float("inf")
    assert stray_images.count([str(tmp_path)], [str(tmp_path / "images")], limit) == (
        {str(tmp_path): 2},
        True,
    )
    assert stray_images.count([str(tmp_path)], [], 0) == ({}, False)
