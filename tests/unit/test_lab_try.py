"""`socle lab try`: what is shown of a mistake, and when it counts as seen and mended."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from documents import grounds
from timing import linear

from socle import lab
from socle.baseline import load
from socle.cli import app
from socle.commands import lab_try
from socle.errors import SocleError
from socle.lab import scenarios
from socle.verify.verdicts import Outcome, Verdict

ROOT = Path(__file__).parents[2]
CONTROL = "toy-lock"
BREAKS = "#!/bin/sh\n# The lock was in the way.\nrm /etc/lock\n"


class StandIn:
    """A machine that does as it is told, and writes it down."""

    def __init__(self, *verdicts: Verdict, fails: bool = False) -> None:
        self.verdicts, self.fails, self.done = iter(verdicts), fails, []

    def root(self, script: str) -> str:
        self.done.append(script)
        if self.fails:
            raise lab_try.TryFailed("the script ended with 3")
        return "said by the script\n"

    def judge(self, control: str) -> Outcome:
        self.done.append(control)
        verdict = next(self.verdicts)
        return Outcome("desk", control, verdict, grounds(f"seen: {verdict} \x1b[2J"), verdict, 0.1)

    def apply(self) -> list[str]:
        self.done.append("apply")
        return ["Lock | /etc/lock"]


@pytest.fixture
def scenario(toy) -> Path:
    return toy.write(f"/roles/toy/scenarios/{CONTROL}/in-the-way.fail.sh", BREAKS)


def test_a_mistake_is_seen_and_mended(scenario, capsys):
    bench = StandIn(Verdict.FAIL, Verdict.PASS)
    assert lab_try.attempt(scenario, bench) == []
    assert bench.done == [BREAKS, CONTROL, "apply", CONTROL]
    shown = capsys.readouterr().out
    steps = [line for line in shown.splitlines() if line.startswith("==>")]
    assert steps == [
        "==> Break: in-the-way.fail.sh",
        f"==> Verify: {CONTROL}",
        "==> Apply",
        f"==> Verify again: {CONTROL}",
    ]
    for words in ("said by the script", "✘ FAIL  desk", "Lock | /etc/lock", "✔ pass  desk", " s\n"):
        assert words in shown
    assert "\x1b[2J" not in shown


def test_an_undo_takes_the_place_of_an_apply(scenario, toy, capsys):
    toy.write(f"/roles/toy/scenarios/{CONTROL}/in-the-way.undo.sh", "#!/bin/sh\ntouch /etc/lock\n")
    bench = StandIn(Verdict.FAIL, Verdict.PASS)
    assert lab_try.attempt(scenario, bench) == []
    assert bench.done == [BREAKS, CONTROL, "#!/bin/sh\ntouch /etc/lock\n", CONTROL]
    assert "in-the-way.undo.sh" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("broken", "mended", "wrong"),
    [
        (Verdict.PASS, Verdict.PASS, ["not seen: expected fail, read pass"]),
        (Verdict.UNKNOWN, Verdict.PASS, ["not seen: expected fail, read unknown"]),
        (Verdict.WAIVED, Verdict.PASS, ["not seen: expected fail, read waived"]),
        (Verdict.FAIL, Verdict.FAIL, ["not mended: expected pass, read fail"]),
        (Verdict.FAIL, Verdict.UNKNOWN, ["not mended: expected pass, read unknown"]),
        (
            Verdict.UNKNOWN,
            Verdict.UNKNOWN,
            ["not seen: expected fail, read unknown", "not mended: expected pass, read unknown"],
        ),
    ],
)
def test_what_went_wrong_is_told_and_the_machine_is_mended_all_the_same(
    scenario, broken, mended, wrong
):
    bench = StandIn(broken, mended)
    found = lab_try.attempt(scenario, bench)
    assert [sentence.partition(": seen")[0] for sentence in found] == wrong
    assert "apply" in bench.done


@pytest.mark.parametrize(
    ("made", "mended", "wrong"),
    [
        (Verdict.PASS, Verdict.PASS, []),
        (Verdict.FAIL, Verdict.PASS, ["a healthy host does not pass: expected pass, read fail"]),
        (
            Verdict.UNKNOWN,
            Verdict.FAIL,
            [
                "a healthy host does not pass: expected pass, read unknown",
                "not mended: expected pass, read fail",
            ],
        ),
    ],
)
def test_a_healthy_oddity_passes_before_and_after(scenario, toy, made, mended, wrong):
    odd = scenario.rename(scenario.with_name("a-second-lock.pass.sh"))
    toy.write(f"/roles/toy/scenarios/{CONTROL}/a-second-lock.undo.sh", "#!/bin/sh\nrm /etc/two\n")
    bench = StandIn(made, mended)
    found = lab_try.attempt(odd, bench)
    assert [sentence.partition(": seen")[0] for sentence in found] == wrong
    assert bench.done == [BREAKS, CONTROL, "#!/bin/sh\nrm /etc/two\n", CONTROL]


def test_a_script_that_fails_ends_it(scenario):
    bench = StandIn(fails=True)
    with pytest.raises(lab_try.TryFailed):
        lab_try.attempt(scenario, bench)
    assert bench.done == [BREAKS]
    assert lab_try.TryFailed.exit_code == 1


@pytest.mark.parametrize(
    "name",
    [
        "roles/toy/settings.py",
        f"roles/toy/scenarios/{CONTROL}/in-the-way.undo.sh",
        f"roles/toy/scenarios/{CONTROL}/none.fail.sh",
        "elsewhere.fail.sh",
    ],
)
def test_what_is_no_scenario_of_a_room_is_refused_in_one_sentence(scenario, toy, name):
    if not name.endswith("none.fail.sh"):
        file = toy.root / name
        file.touch()
    with pytest.raises(SocleError) as refused:
        scenarios.within(Path(name), Path("roles"))
    assert str(refused.value) == (
        f"{name}: expected a scenario of a room, "
        "roles/ROOM/scenarios/CONTROL/MISTAKE.fail.sh or ODDITY.pass.sh"
    )
    assert refused.value.exit_code == 2


def test_a_scenario_is_found_however_its_path_is_written(scenario):
    relative = Path(f"roles/toy/../toy/scenarios/{CONTROL}/in-the-way.fail.sh")
    assert scenarios.within(relative, Path("roles")) == scenario
    assert scenarios.name(scenario) == f"{CONTROL}/in-the-way"


def test_the_machine_is_the_one_asked_for_or_the_scenario_s_or_the_first_in_scope(scenario, toy):
    practice = toy.load()
    assert lab_try.machine_for(scenario, practice, None) == "desk"
    assert lab_try.machine_for(scenario, practice, "lab") == "lab"
    server = toy.write("/roles/toy/scenarios/toy-open/shut.fail.sh", BREAKS)
    assert lab_try.machine_for(server, practice, None) == "store"
    scenario.write_text("#!/bin/sh\n# host: lab\n:\n")
    assert lab_try.machine_for(scenario, practice, None) == "lab"


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        ("# lab: vm\n", None, f"pytest tests/lab tests/vm -k {CONTROL}/in-the-way"),
        ("# host: nobody\n", None, "nobody: expected a host of p"),
        ("", "nobody", "nobody: expected a host of p"),
    ],
)
def test_what_this_lab_cannot_show_is_told(scenario, toy, text, wanted, said):
    scenario.write_text(text)
    with pytest.raises(SocleError, match=said):
        lab_try.machine_for(scenario, toy.load(), wanted)


def test_a_scenario_of_an_unknown_control_is_told(toy):
    stray = toy.write("/roles/toy/scenarios/toy-lok/in-the-way.fail.sh", BREAKS)
    with pytest.raises(SocleError, match="expected a control of its room, read toy-lok"):
        lab_try.machine_for(stray, toy.load(), None)


def test_a_machine_that_does_not_run_is_told(monkeypatch):
    practice = load(ROOT / "inventories/demo", root=ROOT)
    stopped = SimpleNamespace(running=False)
    monkeypatch.setattr(lab, "status", lambda _: {"accueil": stopped})
    with pytest.raises(SocleError, match="accueil does not run: `make demo` boots"):
        lab_try.Warm(practice, "accueil")


@pytest.fixture
def warm(monkeypatch) -> lab_try.Warm:
    """A machine of the demo practice that runs, as far as anyone can tell."""
    practice = load(ROOT / "inventories/demo", root=ROOT)
    monkeypatch.setattr(lab, "status", lambda _: {"accueil": SimpleNamespace(running=True)})
    return lab_try.Warm(practice, "accueil")


PYINFRA = """\
--> Results:
    Operation                     Hosts   Success   Error   No Change
    Firewall | packages           1       -         -       1
    Firewall | /etc/nftables.conf 1       1         -       -
    Grand total                   2       1         -       1
"""


def test_of_an_apply_only_what_changed_is_shown(warm, monkeypatch):
    asked = []

    def pyinfra(words, **options):
        asked.append((words[1:], options["cwd"]))
        return SimpleNamespace(returncode=0, stdout=PYINFRA)

    monkeypatch.setattr("subprocess.run", pyinfra)
    assert warm.apply() == ["Firewall | /etc/nftables.conf"]
    inventory = ROOT / "inventories/demo/inventory.py"
    assert asked == [([inventory, "deploy.py", "-y", "--limit", "accueil"], ROOT)]


def test_an_apply_that_fails_says_how_it_ended(warm, monkeypatch):
    done = SimpleNamespace(returncode=1, stdout="first\nrefused before any change\n")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: done)
    with pytest.raises(lab_try.TryFailed, match="pyinfra ended with 1:\nfirst\nrefused"):
        warm.apply()


def test_a_script_that_fails_on_a_machine_quotes_it(warm, monkeypatch):
    done = SimpleNamespace(returncode=3, stdout="", stderr="rm: cannot remove\n")
    monkeypatch.setattr(lab, "run", lambda *_, **__: done)
    with pytest.raises(lab_try.TryFailed, match=r"ended with 3 on accueil.*\nrm: cannot remove"):
        warm.root(BREAKS)


@pytest.mark.parametrize(("wrong", "code"), [([], 0), (["not seen: expected fail"], 1)])
def test_the_exit_code_says_whether_it_was_seen_and_mended(
    scenario, monkeypatch, capsys, wrong, code
):
    monkeypatch.setattr(lab_try, "Warm", lambda *_: None)
    monkeypatch.setattr(lab_try, "attempt", lambda *_: wrong)
    words = ["lab", "try", str(scenario), "inventories/p"]
    assert app(words, result_action="return_value") == code
    said = capsys.readouterr().out
    assert (wrong or [f"{CONTROL}/in-the-way: seen and mended on desk"])[0] in said


@pytest.mark.parametrize("again", [" ", "a ", "1 ", "- ", "\n"])
def test_rows_twice_as_long_take_twice_as_long(again):
    rows = lab_try._APPLIED
    assert rows.findall("  Write a file   1   1   -   -  \n Grand total  1 1 - -") == [
        "Write a file"
    ]
    assert linear(lambda size: rows.findall("a" + again * (size // len(again)) + "x"))
