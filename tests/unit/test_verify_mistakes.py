"""What the command refuses, with one clear error, and how it ends when it is interrupted."""

import os
import signal
import subprocess
import time

import pytest
from checkouts import Checkout


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--control=toy-nothing"], "no control matches toy-nothing"),
        (["--limit=nowhere"], "no host or group of toy is nowhere"),
    ],
)
def test_a_word_that_fits_nothing_is_an_error(checkout, words, error):
    said = checkout.verify(*words)
    assert error in said.stderr
    assert said.returncode == 2


def test_a_bad_practice_is_an_error_with_file_and_line(checkout):
    checkout.write("inventories/toy/group_vars/all.yml", "---\ntoy_secnods: 5\n")
    for said in (checkout.verify(), checkout.pytest("roles", "--inventory=inventories/toy")):
        assert "all.yml:2" in said.stderr
        assert "Traceback" not in said.stderr
        assert said.returncode in (2, 4)


ROOM_TEST = "from socle.verify import control\n"


@pytest.mark.parametrize(
    ("test", "error"),
    [
        ('@control("toy-fail")\ndef test_it(host): pass', "promises toy-fail: did you mean toy-fa"),
        ("def test_it(host): pass", "says no control"),
        ('@control("toy-fails")\ndef test_it(): pass', "looks at no host"),
        ('@control("toy-fails")\ndef test_it(host): pass', "toy-fails is measured more than once"),
        ("import no_such_module", "No module named 'no_such_module'"),
    ],
)
def test_a_broken_room_is_an_error(checkout, test, error):
    checkout.write("roles/toy/test_more.py", ROOM_TEST + test + "\n")
    said = checkout.verify()
    assert error in said.stderr
    assert said.returncode == 2
    plain = checkout.pytest("roles", "--inventory=inventories/toy")
    assert error in plain.stdout + plain.stderr
    assert plain.returncode in (2, 4)


def test_a_room_s_unit_tests_are_no_checks(checkout):
    checkout.write("roles/toy/tests/test_parser.py", "def test_it(): assert False\n")
    said = checkout.verify("--control=toy-settings")
    assert "says no control" not in said.stderr
    assert said.returncode == 0, said.stderr
    plain = checkout.pytest("roles/toy/tests")
    assert "1 failed" in plain.stdout
    words = ("--inventory=inventories/toy", "--collect-only")
    named = checkout.pytest("roles/toy/test_toy.py", "roles/toy/tests/test_parser.py", *words)
    assert "test_parser" not in named.stdout, "as molecule names them"
    assert named.returncode == 0, named.stdout


def test_no_test_at_all_is_an_error(checkout):
    checkout.write("roles/toy/test_toy.py", "")
    said = checkout.verify()
    assert "no check was found" in said.stderr
    assert said.returncode == 2


def test_a_computer_without_ssh_is_an_error(checkout):
    checkout.write(
        "inventories/toy/hosts.yml",
        "all: {children: {workstations: {hosts: {loin: {ansible_host: 192.0.2.1}}}}}",
    )
    said = checkout.verify(PATH=str(checkout.root))
    assert "install the OpenSSH client" in said.stderr
    assert said.returncode == 2


def test_an_interrupted_run_ends_at_once_and_leaves_nothing(checkout):
    test = "    host.run('touch here; sleep 20')"
    body = f'{ROOM_TEST}@control("toy-slow")\ndef test_it(host):\n{test}\n'
    checkout.write("roles/toy/test_toy.py", body)
    command = checkout.command("inventories/toy", TMPDIR=str(checkout.root))
    with subprocess.Popen(
        **command,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # a background job, as in CI, is started deaf to SIGINT
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as running:
        deadline = time.monotonic() + 20
        while not (checkout.root / "here").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        running.communicate(timeout=10)
    assert running.returncode != 0
    assert not list(checkout.root.glob("socle-*"))
