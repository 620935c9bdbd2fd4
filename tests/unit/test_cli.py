"""The command line: what people see, and exit codes that scripts can trust."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOCLE = Path(sys.executable).parent / "socle"


def socle(toy: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SOCLE, *arguments],
        cwd=toy.root,
        env={**os.environ, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_shows_the_daily_commands(toy: Any) -> None:
    done = socle(toy, "--help")
    assert done.returncode == 0
    for words in (
        "socle check inventories/demo",
        "deploy.py --dry --diff",
        "check",
        "show",
        "verify",
    ):
        assert words in done.stdout


def test_a_room_adds_its_commands(toy: Any) -> None:
    toy.write(
        "/roles/toy/commands.py",
        "def play() -> int:\n"
        '    """Play with it."""\n'
        "    return 7\n\n\n"
        "def register(app) -> None:\n"
        '    app.command(play, group="Toys")\n',
    )
    shown = socle(toy, "--help").stdout
    assert "Toys" in shown
    assert "Play with it." in shown
    assert "Copies of the data" not in shown, "another checkout's room"
    assert socle(toy, "play").returncode == 7


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("def play(:\n", 1, "SyntaxError"),
        ("import missing_module\n", 1, "No module named 'missing_module'"),
        ("def register(app) -> None:\n    app.nothing()\n", 2, "nothing"),
        ("def other() -> None: ...\n", None, "register"),
    ],
)
def test_a_room_s_broken_commands_cost_no_other_command(toy: Any, text: str, line, why) -> None:
    toy.write("/roles/toy/commands.py", text)
    done = socle(toy, "--help")
    assert (done.returncode, "Every day" in done.stdout) == (0, True)
    said = done.stderr.splitlines()
    assert len(said) == 1
    assert f"roles/toy/commands.py{f':{line}' if line else ''}: no commands of this room" in said[0]
    assert why in said[0]


def test_help_without_a_checkout(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCLE_CHECKOUT", str(toy.root / "nowhere"))
    done = socle(toy, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "verify" in done.stdout
    assert socle(toy, "check", "inventories/p").returncode == 2


@pytest.mark.parametrize("module", ["pydantic", "pyinfra", "pytest", "ansible"])
def test_help_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, socle.cli; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_check(toy: Any) -> None:
    done = socle(toy, "check", "inventories/p")
    assert (done.returncode, done.stdout, done.stderr) == (0, "3 hosts, 12 settings: fine\n", "")


def test_check_asks_what_nobody_said(toy: Any) -> None:
    toy.write("hosts.yml", (toy.folder / "hosts.yml").read_text() + "    etage:\n")
    done = socle(toy, "check", "inventories/p")
    asked = "inventories/p/hosts.yml:12: etage: expected a host in this group, read none"
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == f"{asked}\n3 hosts, 12 settings: 1 question\n"


def test_check_of_a_bad_practice(toy: Any) -> None:
    toy.write("host_vars/desk.yml", "toy_idle: 5\ntoy_lock: false\n")
    done = socle(toy, "check", "inventories/p")
    assert (done.returncode, done.stdout) == (2, "")
    first, second, *advice = done.stderr.splitlines()
    file = "inventories/p/host_vars/desk.yml"
    assert first == f"{file}:1: toy_idle: expected a whole number from 10 to 900, read 5"
    assert second == f"{file}:2: toy_lock: expected true (default), read false"
    assert advice[1] == "    - control: toy-lock  # or: toy-open"


def test_no_such_practice(toy: Any) -> None:
    done = socle(toy, "check", "inventories/q")
    assert done.returncode == 2
    assert done.stderr == (
        "inventories/q: expected a practice, a folder with hosts.yml. "
        "Practices here: inventories/p\n"
    )


def test_show(toy: Any) -> None:
    toy.write("group_vars/workstations.yml", "---\ntoy_idle: 60\n")
    done = socle(toy, "show", "inventories/p", "desk")
    assert done.returncode == 0, done.stderr
    assert "desk (all, workstations)" in done.stdout
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines()]
    assert ["toy_idle", "60", "practice workstations"] in lines
    assert ["", "", "inventories/p/group_vars/workstations.yml:2"] in lines
    assert ["toy_label", "none", "default"] in lines
    assert "toy_reached" not in done.stdout
    assert "store" not in done.stdout


def test_show_as_data(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = "{name: a, direction: out, protocol: udp, ports: [1], peers: [any], purpose: why}"
    toy.write("/group_vars/all.yml", f"toy_flows:\n  - {flow}\n")
    toy.write("secrets.yml", "desk: {toy_password: hunter2}\n")
    toy.encrypt("secrets.yml", monkeypatch)
    done = socle(toy, "show", "inventories/p", "--json", "--computed")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["desk", "lab", "store"]
    desk = found["desk"]
    assert desk["toy_idle"] == {"value": 300, "layer": "default", "place": None}
    assert desk["toy_flows.a"]["place"] == "group_vars/all.yml:2"
    assert desk["toy_flows.a"]["value"]["ports"] == [1]
    assert desk["toy_password"]["value"] == "••••"
    assert found["lab"]["toy_password"]["value"] is None
    assert desk["toy_reached"] == {"value": {"a": []}, "layer": "computed", "place": None}
    assert "hunter2" not in done.stdout


def test_show_names_waivers(toy: Any) -> None:
    toy.write(
        "waivers.yml",
        '- {control: toy-lock, hosts: [desk], set: {toy_idle: 600}, reason: "no [keyboard]",'
        " compensating: door, approved_by: Dr N., until: 2026-12-31}\n",
    )
    done = socle(toy, "show", "inventories/p", "desk")
    assert "waiver: toy-lock " in done.stdout
    assert " 2026-12-31: no [keyboard]" in done.stdout


def test_show_of_an_unknown_host(toy: Any) -> None:
    done = socle(toy, "show", "inventories/p", "desc")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "p: expected a known host; did you mean desk?, read desc\n"
