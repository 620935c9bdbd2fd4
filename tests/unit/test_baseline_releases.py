"""Systems that the rooms were not written for are left out with one sentence."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from socle.apply import current, probe
from socle.baseline.model import Connection, Host
from socle.baseline.releases import refused, system_of
from socle.verify import identity
from socle.verify.checks import Unreachable
from socle.verify.links import LOCAL_PREFIX, Link

SENTENCE = "its system is ubuntu: Socle knows debian alone"


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', "ubuntu"),
        ('ID="debian"\nVERSION_ID="12"\n', "debian"),
        ("VARIANT_ID=x\n", ""),
        ("ID='a\n", ""),
        ("", ""),
    ],
)
def test_what_a_host_says_of_its_system(text: str, system: str) -> None:
    assert system_of(text) == system


def test_which_are_left_out() -> None:
    assert refused("debian") is None
    assert refused("ubuntu") == SENTENCE
    assert refused("") == "its system is unknown: Socle knows debian alone"


def test_pyinfra_leaves_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    left_out = []

    def leave_out(reason: str) -> None:
        left_out.append(reason)
        raise SystemExit

    seen = probe.Observed(system="ubuntu")
    monkeypatch.setattr(current, "practice", lambda: SimpleNamespace(rooms=()))
    monkeypatch.setattr(probe.turns, "ask_in_turn", lambda *_: [EMPTY])
    monkeypatch.setattr(probe, "recognise", lambda _: None)
    for question in ("refuse", "ask_before_giving_up"):
        monkeypatch.setattr(probe.preflight, question, lambda _: None)
    monkeypatch.setattr(current, "leave_out", leave_out)
    monkeypatch.setattr(probe, "parse", lambda _: seen)
    with pytest.raises(SystemExit):
        probe._probe()
    assert left_out == [SENTENCE]
    monkeypatch.setattr(probe, "parse", lambda _: replace(seen, system="debian"))
    assert probe._probe().system == "debian"


EMPTY = "H4sIAAAAAAAAAwMAAAAAAAAAAAA="  # gzip of nothing


def test_the_probe_reads_it() -> None:
    lines = ["connection ", "os ubuntu", "end"]
    assert probe.parse(lines).system == "ubuntu"
    assert probe.parse(["connection ", "end"]).system == ""
    script = (Path(probe.__file__).parent / "probe.sh").read_text()
    assert "s/^ID=/os /p" in script


def test_a_verification_does_not_judge_it(monkeypatch: pytest.MonkeyPatch) -> None:
    command = "printf '== os\\nID=ubuntu\\n== machine\\n== keys\\n== end\\n'"
    monkeypatch.setattr(identity, "COMMAND", command)
    host = Host("desk", ("all",), (), Connection("local", "desk"))
    link = Link(host, LOCAL_PREFIX)
    with pytest.raises(Unreachable, match=f"desk \\(desk\\) cannot be asked: {SENTENCE}"):
        link.open()
    with pytest.raises(Unreachable):
        link.run("true")
