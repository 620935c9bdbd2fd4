"""A room refuses in its preflight alone; both engines ask it before any room changes anything."""

from __future__ import annotations

import ast
import re
import sys
from types import ModuleType, SimpleNamespace

import pytest
import yaml
from rooms import REPOSITORY, ROOMS

from socle.apply import current, preflight
from socle.apply.probe import Observed, ObservedFile
from socle.baseline.declared import PLACE

PLAY = yaml.safe_load((REPOSITORY / "site.yml").read_text())[0]
APPLIED = [room for room in ROOMS if (REPOSITORY / "roles" / room / "deploy.py").exists()]
REFUSING = [
    room for room in APPLIED if (REPOSITORY / "roles" / room / "tasks/preflight.yml").exists()
]
REFUSES = re.compile(r"^\s+(ansible\.builtin\.)?(assert|fail):", re.MULTILINE)
MARK = "# Refuses only here: "
"""In front of a task that cannot refuse earlier, and then why."""


def functions(room: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((REPOSITORY / "roles" / room / "deploy.py").read_text())
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("room", APPLIED)
def test_a_room_refuses_in_its_preflight_alone(room):
    for name, function in functions(room).items():
        nodes = list(ast.walk(function))
        ends = [node for node in nodes if isinstance(node, ast.Raise)]
        names = {getattr(node, "id", getattr(node, "attr", "")) for node in nodes}
        assert not ends, f"{room}: {name}"
        assert not names & {"leave_out", "DeployError", "SystemExit"}, f"{room}: {name}"
    folder = REPOSITORY / "roles" / room
    for file in (*folder.glob("tasks/*.yml"), *folder.glob("handlers/*.yml")):
        tasks = re.split(r"\n\n", file.read_text())
        late = [task for task in tasks if REFUSES.search(task) and MARK not in task]
        assert not late or file.name == "preflight.yml", file


@pytest.mark.parametrize("room", APPLIED)
def test_both_engines_have_it_or_neither(room):
    assert ("preflight" in functions(room)) == (room in REFUSING)


@pytest.mark.parametrize("room", REFUSING)
def test_ansible_asks_it_before_the_first_room_and_in_a_room_that_is_alone(room):
    tasks = PLAY["pre_tasks"]
    asked = next(n for n, one in enumerate(tasks) if "ansible.builtin.include_role" in one)
    assert {"role": room, "tags": [room]} in PLAY["roles"], "its tag is its name"
    refused = "socle/apply/ansible/refuse.yml"
    assert refused in [one.get("ansible.builtin.import_tasks") for one in tasks[asked:]]
    first, *_ = yaml.safe_load((REPOSITORY / "roles" / room / "tasks/main.yml").read_text())
    assert first["ansible.builtin.include_tasks"].endswith("socle/apply/ansible/alone.yml")
    assert first["when"] == f"{room}_refusals is not defined"


@pytest.mark.parametrize("room", APPLIED)
def test_a_room_that_is_alone_asks_what_site_yml_would_know(room):
    folder = REPOSITORY / "roles" / room
    texts = [file.read_text() for part in ("tasks", "vars") for file in folder.glob(f"{part}/*")]
    if room not in REFUSING and re.search("socle_(packages|units)", "".join(texts)):
        first, *_ = yaml.safe_load((folder / "tasks/main.yml").read_text())
        assert first["ansible.builtin.include_tasks"].endswith("socle/apply/ansible/state.yml")
        assert first["when"] == "socle_units is not defined"


@pytest.fixture
def rooms(monkeypatch):
    """``rooms(one=preflight, …)``: deploy modules of rooms that the run has imported."""
    for name in [one for one in sys.modules if one.startswith("roles.")]:
        monkeypatch.delitem(sys.modules, name)

    def imported(**preflights):
        for name, ask in preflights.items():
            module = ModuleType(f"roles.{name}.deploy")
            if ask:
                module.preflight = ask
            monkeypatch.setitem(sys.modules, module.__name__, module)

    return imported


def test_what_all_rooms_refuse_is_told_in_one_message(rooms, monkeypatch):
    host, seen, told = SimpleNamespace(name="desk"), Observed(system="debian"), []
    practice = SimpleNamespace(unmet={})
    monkeypatch.setattr(current, "practice", lambda: practice)
    monkeypatch.setattr(current, "resolved_host", lambda: host)
    monkeypatch.setattr(current, "leave_out", told.append)
    rooms(silent=lambda *_: (), plain=None)
    preflight.refuse(seen)
    assert told == []
    rooms(
        b=lambda host, seen: [f"{host.name} runs {seen.system}"],
        a=lambda *_: iter(["it is full", "nobody is there"]),
    )
    preflight.refuse(seen)
    assert told == [
        "refused before any change: it is full\n"
        "refused before any change: nobody is there\n"
        "refused before any change: desk runs debian"
    ]
    practice.unmet = {"lab": ("the lab's",), "desk": ("a flow is needed",)}
    preflight.refuse(seen)
    assert told[-1] == f"refused before any change: a flow is needed\n{told[0]}"


def test_what_a_host_would_lose_is_asked_whatever_file_is_run(monkeypatch):
    there = ObservedFile("file", content=b"flow kept\nflow gone\n")
    seen, told, given = Observed(files={PLACE: there}), [], {}
    monkeypatch.setattr(current, "resolved_host", lambda: SimpleNamespace(name="desk"))
    monkeypatch.setattr(current, "practice", lambda: None)
    monkeypatch.setattr(preflight, "declared", lambda *_: ("flow kept",))
    monkeypatch.setattr(current, "words_of", lambda name: given.get(name, []))
    for act in ("leave_out", "say", "say_at_the_end"):
        monkeypatch.setattr(current, act, lambda text, act=act: told.append((act, text)))
    preflight.ask_before_giving_up(seen)
    given["socle_give_up"] = ["desk"]
    preflight.ask_before_giving_up(seen)
    monkeypatch.setattr(sys, "argv", ["pyinfra", "--dry"])
    preflight.ask_before_giving_up(seen)
    assert [act for act, _ in told] == ["leave_out", "say", "say_at_the_end"]
    assert all("gives up:\n  - flow gone" in text for _, text in told)
    monkeypatch.setattr(preflight, "declared", lambda *_: ("flow gone", "flow kept"))
    preflight.ask_before_giving_up(seen)
    assert len(told) == 3


EXAMPLE = """
- name: A
  ansible.builtin.assert:
    that: x
"""


def test_a_task_that_refuses_is_seen():
    assert REFUSES.search(EXAMPLE)
    assert not REFUSES.search("- name: It may fail: then\n  ansible.builtin.debug:\n")
