"""What was asked last time is asked at once, and no verdict depends on it."""

import errno
import json
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from socle.baseline.model import Connection, Host
from socle.verify import batch
from socle.verify.backend import testinfra_host as machine
from socle.verify.checks import Unknown
from socle.verify.connections import Connections
from socle.verify.links import LOCAL_PREFIX, Link
from socle.verify.looks import look as answer_of
from socle.verify.looks import question as look
from socle.verify.memory import Memory, Remembered
from socle.verify.questions import Question
from socle.verify.recorder import Recorder

HERE = Host("poste", ("all",), ("127.0.0.1",), Connection("local", "localhost"))
TURN = ("poste", "first")


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path / "private")


@pytest.fixture
def session(memory):
    """Runs checks (functions that take testinfra's host) as one session; its links and notebook."""

    def run(**checks):
        notebook = Recorder(memory)
        connections = Connections({"poste": HERE}, notebook)
        connections.begin({"poste": list(checks)})
        for name, check in checks.items():
            connections.turn("poste", name)
            check(machine(connections.link("poste")))
        connections.close()
        return connections.link("poste"), notebook

    return run


def ask(link, *commands, **how):
    wanted = [
        Remembered(Question("poste", "command", c, **how), 0.1, frozenset()) for c in commands
    ]
    return {asked.words: timed.answer for asked, timed in batch.ask_all(link, wanted).items()}


def here():
    return Link(HERE, LOCAL_PREFIX)


def test_a_batch_is_one_execution_and_answers_as_each_command_alone():
    link = here()
    commands = [
        "printf 'a\\nb'",
        "echo out; echo err >&2; exit 3",
        "printf '\\377\\000x'",
        'cat; pwd; umask; echo "$LC_ALL $0"',
        "printf %s 'it'\"'\"'s'; # a comment at the end\n",
        "echo $PPID | wc -l",
    ]
    together = ask(link, *commands)
    assert link.executions == 2  # the opening one, and the batch
    assert together == {command: link.run(command) for command in commands}


def test_commands_of_a_batch_run_side_by_side():
    started = time.monotonic()
    assert len(ask(here(), *(f"sleep 1; echo {n}" for n in range(4)))) == 4
    assert time.monotonic() - started < 3.5


def test_a_command_that_takes_too_long_costs_only_itself():
    found = ask(here(), "sleep 20", "echo quick", limit=0.5)
    assert list(found) == ["echo quick"]


@pytest.mark.parametrize("where", ["", ">&2"], ids=["stdout", "stderr"])
def test_an_endless_answer_fills_no_memory_of_the_host_and_costs_only_itself(where):
    found = ask(here(), f"yes {where}", "echo quick; echo slow >&2; exit 3")
    assert [(answer.code, answer.stdout, answer.stderr) for answer in found.values()] == [
        (3, b"quick\n", b"slow\n")
    ]


def test_a_batch_that_takes_too_long_keeps_what_was_done(monkeypatch):
    monkeypatch.setattr(batch, "_LEAST", 1.0)
    found = ask(here(), "sleep 4", "echo quick", limit=30)
    assert list(found) == ["echo quick"]


@pytest.mark.parametrize("damage", [b"", b"motd", b"\x1f\x8bnonsense"])
def test_a_batch_that_breaks_costs_only_itself(monkeypatch, damage):
    monkeypatch.setattr(Link, "feed", lambda *_: damage)
    assert ask(here(), "echo a") == {}


def test_a_cut_answer_keeps_what_is_whole(monkeypatch):
    feed = Link.feed
    noise = "head -c 300000 /dev/urandom"
    monkeypatch.setattr(Link, "feed", lambda *words: feed(*words)[:-2000])
    assert set(ask(here(), noise, "echo a")) < {noise, "echo a"}


def test_nothing_is_left_on_the_host(tmp_path):
    ask(
        here(), "sleep 20", f"cd; ls -d /run/socle/batch.* /tmp/socle.* >{tmp_path}/seen", limit=0.5
    )
    seen = (tmp_path / "seen").read_text().split()
    assert seen
    assert not [folder for folder in seen if Path(folder).exists()]


def test_the_second_session_sends_one_batch(session):
    def check(host):
        assert host.run("echo one").stdout == "one\n"
        assert host.run("echo two").stdout == "two\n"

    assert session(first=check, second=check)[0].executions == 3
    assert session(first=check, second=check)[0].executions == 2


def test_an_answer_is_served_once_to_each_check(session, tmp_path):
    seen = []

    def twice(host):
        count = f"echo x >>{tmp_path}/count; wc -l <{tmp_path}/count"
        seen.append([host.run(count).stdout.strip() for _ in range(2)])

    session(first=twice)
    session(first=twice)
    assert seen == [["1", "2"], ["3", "4"]]


def test_what_another_check_has_just_asked_is_asked_again_where_nothing_is_to_be_asked_ahead():
    notebook = Recorder()
    connections = Connections({"poste": HERE}, notebook)
    for name in ("first", "second"):
        connections.turn("poste", name)
        connections.link("poste").run("echo a")
    connections.close()
    assert [entry.ahead for entry in notebook.entries] == [False, False]


def test_what_must_be_live_is_never_asked_ahead(session, tmp_path, memory):
    def attempt(host):
        host.run(f"touch {tmp_path}/before")
        assert host.run(f"ls {tmp_path}/before && rm {tmp_path}/before", live=True).rc == 0

    for _ in range(2):
        session(first=attempt)
    assert [one.question.words for one in memory.recall("poste")] == [f"touch {tmp_path}/before"]


def test_other_words_another_limit_or_another_user_is_another_question(session):
    session(first=lambda host: host.run("echo a"))

    def other(host):
        assert host.run("echo b").stdout == "b\n"
        assert host.run("echo a", timeout=7).stdout == "a\n"
        with host.sudo("nobody"):
            assert host.run("id -un").stdout == "nobody\n"

    link, notebook = session(first=other)
    assert link.executions == 5
    assert not any(entry.ahead for entry in notebook.entries)


def test_only_the_checks_that_run_ask_ahead_and_the_rest_is_remembered(session, memory):
    session(first=lambda h: h.run("echo a"), second=lambda h: h.run("echo b"))
    session(second=lambda h: h.run("echo c"))
    words = {one.question.words: one.turns for one in memory.recall("poste")}
    assert words == {"echo a": {("poste", "first")}, "echo c": {("poste", "second")}}


def test_looks_from_here_are_taken_meanwhile(memory):
    asked = look([("127.0.0.1", 1)], 0.5)
    memory.keep("poste", [Remembered(asked, 0.1, frozenset([TURN]))], {TURN})
    notebook = Recorder(memory)
    connections = Connections({"poste": HERE}, notebook)
    connections.begin({"poste": ["first"]})
    connections.turn("poste", "first")
    answer = notebook.ask(asked, lambda: pytest.fail("looked again"))
    assert answer.stdout == b"127.0.0.1 1 refused\n"
    connections.close()


def test_what_was_not_answered_is_kept_as_such(session):
    def slow(host):
        with pytest.raises(Unknown):
            host.run("sleep 5", timeout=0.3)

    for _ in range(2):
        _, notebook = session(first=slow)
        (entry,) = notebook.entries
        assert entry.answer is None
        assert "took longer than 0.3 s" in str(entry.trouble)


def test_the_memory_is_for_its_owner_alone(session, memory, tmp_path):
    session(first=lambda host: host.run("echo a"))
    file = tmp_path / "private/poste.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("harm", ["others may write", "cut", "newer"])
def test_a_memory_that_cannot_be_trusted_is_not_read(session, memory, tmp_path, harm):
    session(first=lambda host: host.run("echo a"))
    file = tmp_path / "private/poste.json"
    if harm == "others may write":
        file.chmod(0o620)
    elif harm == "cut":
        file.write_text(file.read_text()[:-9])
    else:
        file.write_text(json.dumps({**json.loads(file.read_text()), "format": 2}))
    assert memory.recall("poste") == []


def test_a_memory_that_cannot_be_written_costs_no_verdict(tmp_path):
    (tmp_path / "file").touch()
    connections = Connections({"poste": HERE}, Recorder(Memory(tmp_path / "file" / "below")))
    connections.begin({"poste": ["first"]})
    connections.turn("poste", "first")
    assert connections.link("poste").run("echo a").stdout == b"a\n"
    connections.close()


def test_a_full_disk_is_not_filled_further(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    asked = Question("poste", "command", "echo a")
    Memory(tmp_path / "private").keep("poste", [Remembered(asked, 1.0, frozenset())], set())
    assert list((tmp_path / "private").iterdir()) == []


def test_who_was_never_asked_is_asked_what_the_first_of_its_kind_was(tmp_path):
    way = HERE.connection
    kinds = {"a": ("all", "servers"), "b": ("all", "servers"), "c": ("all", "servers"),
             "d": ("all", "workstations"), "e": ("all", "servers")}  # fmt: skip
    hosts = {name: Host(name, kind, (), way) for name, kind in kinds.items()}
    memory = Memory(tmp_path / "private")

    def verified(*names):
        notebook = Recorder(memory)
        connections = Connections(hosts, notebook)
        connections.begin({name: ["first"] for name in names})
        for name in names:
            connections.turn(name, "first")
            assert connections.link(name).run("echo same").stdout == b"same\n"
            connections.link(name).run(f"echo {name}")
        connections.close()
        return [one.turn[0] for one in notebook.entries if one.ahead]

    assert verified("a", "b", "c", "d") == ["b", "c"], "what is the same for all"
    assert verified("e") == ["e"], "as another was asked last time"
    assert verified("a", "d") == ["a", "a", "d", "d"], "each its own questions"


def test_who_was_never_asked_is_looked_at_as_the_first_of_its_kind_was(tmp_path):
    addresses = {"a": ("127.0.0.1", "::1"), "b": ("127.0.0.2", "::1"), "c": ("127.0.0.3",)}
    hosts = {name: Host(name, ("all",), own, HERE.connection) for name, own in addresses.items()}
    notebook = Recorder(Memory(tmp_path / "private"))
    connections = Connections(hosts, notebook)
    connections.begin({name: ["first"] for name in hosts})
    for name, own in addresses.items():
        connections.turn(name, "first")
        watched = look([(address, 1) for address in (own[0], "127.0.0.9")], 0.5)
        said = notebook.ask(watched, partial(answer_of, watched)).stdout.decode()
        assert said == f"{own[0]} 1 refused\n127.0.0.9 1 refused\n"
        connections.link(name).run("echo a")
    connections.close()
    assert [one.turn[0] for one in notebook.entries if one.ahead] == ["b", "b", "c", "c"]


def test_hosts_are_asked_ahead_side_by_side(tmp_path):
    names = ("a", "b", "c")
    hosts = {name: Host(name, ("all",), (), HERE.connection) for name in names}
    memory = Memory(tmp_path / "private")
    words = "date +%s%N; sleep 1; date +%s%N"
    for name in names:
        turn = (name, "first")
        asked = Question(name, "command", words)
        memory.keep(name, [Remembered(asked, 1.0, frozenset([turn]))], {turn})
    connections = Connections(hosts, Recorder(memory))
    connections.begin({name: ["first"] for name in names})
    spans = []
    for name in names:
        connections.turn(name, "first")
        spans.append(tuple(map(int, connections.link(name).run(words).stdout.split())))
    assert max(start for start, _ in spans) < min(end for _, end in spans)
    connections.close()
    assert threading.active_count() < 20


@pytest.mark.parametrize(
    ("end", "accepted"),
    [
        ("0 5 6", True),
        ("0 0 35000000000", True),  # ended, then killed
        ("255 5 6", True),
        ("0 6 5", False),  # its clock was set back
        ("0 0 3600000000000", False),
        ("0 0 99999999999999999999999999", False),
        ("256 5 6", False),
        ("-1 5 6", False),
        ("2147483648 5 6", False),
        ("124 0 30000000000", False),
        ("0 x 6", False),
        ("", False),
    ],
)
def test_what_a_host_says_of_time_and_codes_is_true_or_no_answer(end, accepted):
    timed = batch._timed({"end": end.encode(), "out": b"a", "err": b""}, 30.0)
    assert (timed is not None) == accepted
