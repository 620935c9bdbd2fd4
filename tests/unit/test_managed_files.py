"""``files.yml``: what is wrong in it is one clear error; Ansible's module does what it says."""
# ruff: noqa: E501 - whole messages, each on its line

import os
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit_fixtures import BIN, CHECKOUT

from socle.baseline import managed, rooms
from socle.errors import BadPractice, SocleError

FILE = "roles/toy/files.yml"
ONE = "either path, a file, or tree, a folder with all files below it"
MISTAKES = {
    "unknown key": (
        "- {path: /etc/toy.conf, modes: '0600'}",
        ":1: 0.modes: expected a known key; did you mean mode?",
    ),
    "mistyped path": (
        "- path: /etc/toy.conf\n- path: /etc/toi.conf",
        ":2: 1: expected a file below templates/ or files/; did you mean /etc/toy.conf?, read /etc/toi.conf",
    ),
    "bad mode": (
        "- {path: /etc/toy.conf, mode: '644'}",
        ':1: 0.mode: expected a mode in octal and in quotes: "0644", read "644"',
    ),
    "mode without quotes": (
        "- {path: /etc/toy.conf, mode: 0644}",
        ":1: 0.mode: expected a plain decimal number, or text in quotes (YAML reads 420 here), read 0644",
    ),
    "Jinja": (
        "- {path: /etc/toy.conf, when: '{{ toy_lock }}'}",
        ":1: 0.when: expected a value without Jinja: settings are data, read {{ toy_lock }}",
    ),
    "two places": (
        "- {path: /etc/toy.conf, tree: /etc}",
        f':1: 0: expected {ONE}, read {{"path": "/etc/toy.conf", "tree": "/etc"}}',
    ),
    "twice": (
        "- path: /etc/toy.conf\n- tree: /etc",
        ":2: 1: expected each path once, read /etc/toy.conf",
    ),
    "not listed": ("[]", ":0: /etc/toy.conf: expected a line for it in files.yml"),
    "another room's setting": (
        "- {path: /etc/toy.conf, when: firewall_lock}",
        ":1: 0.when: expected a setting of this room, toy_…, read firewall_lock",
    ),
    "no setting": (
        "- {path: /etc/toy.conf, when: toy_look}",
        ":1: when: expected a known setting that is true or false; did you mean toy_lock?, read toy_look",
    ),
    "neither true nor false": (
        "- {path: /etc/toy.conf, when: toy_idle}",
        ":1: when: expected a known setting that is true or false; did you mean toy_lock?, read toy_idle",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_one_clear_error(toy: Any, text: str, said: str) -> None:
    toy.write(f"/{FILE}", text + "\n")
    assert toy.problems() == [f"{FILE}{said}"]


def test_two_rooms_never_manage_one_path(toy: Any) -> None:
    shutil.copytree(toy.root / "roles/toy", toy.root / "roles/other")
    text = (toy.root / "roles/toy/controls.yml").read_text()
    toy.write("/roles/other/controls.yml", text.replace("toy-", "other-"))
    with pytest.raises(BadPractice) as caught:
        rooms.find(toy.root)
    assert [str(problem) for problem in caught.value.problems] == [
        f"{FILE}:1: /etc/toy.conf: expected a path of its own; the room other manages this one"
    ]


def test_what_is_wished_on_a_host(toy: Any) -> None:
    (entry,) = managed.read(toy.root / "roles/toy")

    def wish(settings: dict[str, bool], **words: Any) -> bool | None:
        told = {name: words.pop(name) for name in ("guarded", "without") if name in words}
        [(_, wanted)] = managed.wishes([replace(entry, **words)], settings, **told)
        return wanted

    on, off = {"toy_lock": True}, {"toy_lock": False}
    assert wish({}) is True
    assert (wish(on, when="toy_lock"), wish(off, when="toy_lock")) == (True, None)
    assert wish(off, when="toy_lock", otherwise="absent") is False
    assert wish({}, without=["/etc/toy.conf"]) is None
    assert wish({}, without=["/etc/toy.conf"], otherwise="absent") is False
    assert wish({}, guarded=True) is None, "a call with a guard leaves the others alone"
    assert managed.guarded([entry]) == []
    assert managed.guarded([replace(entry, guarded=True, when="toy_lock")]) == ["/etc/toy.conf"]
    with pytest.raises(SocleError, match=r"/etc/toi\.conf: expected a path of"):
        managed.wishes([entry], {}, without=["/etc/toi.conf"])


PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    wanted_word: été
    wanted_there: false
  roles: [wanted]
"""
FILES = """
- path: {0}/new/filled.conf
- {{path: {0}/secret, mode: "0600", secret: true}}
- {{path: {0}/linked, validate: grep -q fine}}
- {{tree: {0}/program, mode: "0755"}}
- {{path: {0}/gone, when: wanted_there, otherwise: absent}}
"""
TASKS = """
- managed_files:
  register: found
- debug: {var: found.changed_paths}
"""


@pytest.fixture
def play(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """Runs a role of five files on this computer; the folder of the files, and what was said."""
    if os.getuid() != 0:
        pytest.skip("managed files are root's: run as root")
    host, role = tmp_path / "host", tmp_path / "roles/wanted"
    for name, text in {
        f"templates{host}/new/filled.conf.j2": "said: {{ wanted_word }}\n",
        f"templates{host}/secret.j2": "hunter2\n",
        f"templates{host}/linked.j2": "fine\n",
        f"files{host}/program/run.py": "print()\n",
        f"files{host}/gone": "",
        "files.yml": FILES.format(host),
        "tasks/main.yml": TASKS,
    }.items():
        (role / name).parent.mkdir(parents=True, exist_ok=True)
        (role / name).write_text(text)
    (tmp_path / "site.yml").write_text(PLAYBOOK)
    host.mkdir()

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [BIN / "ansible-playbook", "-i", "localhost,", "site.yml", *words],
            cwd=tmp_path,
            env={**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
                 "ANSIBLE_ROLES_PATH": str(tmp_path / "roles"), "ANSIBLE_NOCOLOR": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        return done.stdout

    return host, run


def test_the_module_compares_and_writes(play: Any) -> None:
    host, run = play
    for name in ("gone", "victim"):
        (host / name).write_text("before\n")
    (host / "linked").symlink_to(host / "victim")
    (host / "secret").write_text("old secret\n")
    said = run("--check", "--diff", "-vvv")
    assert not (host / "new").exists()
    assert (host / "gone").exists()
    for line in ("+said: été", "-before", "not shown: it holds a secret", "+fine"):
        assert line in said
    assert "hunter2" not in said
    assert "old secret" not in said

    assert run().count("changed=1") == 1
    assert (host / "new/filled.conf").read_text() == "said: été\n"
    assert (host / "victim").read_text() == "before\n", "no link is followed"
    assert not (host / "linked").is_symlink()
    assert not (host / "gone").exists()
    modes = {"secret": 0o600, "program/run.py": 0o755, "linked": 0o644}
    assert {name: stat.S_IMODE((host / name).stat().st_mode) for name in modes} == modes
    assert "changed=0" in run()

    (host / "secret").chmod(0o644)
    (host / "program/run.py").write_text("print(1)")
    said = run()
    assert f'"{host}/program/run.py"' in said
    assert f'"{host}/secret"' in said
    assert "filled.conf" not in said, "only what differs is told"


def test_what_one_validation_refuses_leaves_all_as_it_was(play: Any) -> None:
    host, run = play
    files = host.parent / "roles/wanted/files.yml"
    files.write_text(files.read_text().replace("grep -q fine", "grep -q better"))
    said = run(code=2)
    assert f"cannot write {host}/linked:" in said
    assert list(host.rglob("*.socle.*")) == []
    assert not (host / "new/filled.conf").exists()


GUARD = """
set -eu
guard_arm() {{
    echo "armed $*; $(cat {0}/secret {0}/program/run.py 2>&1 | wc -c)" >>{0}/told
    {1}
}}
"""
GUARDED = """
- managed_files: {{guard: {{seconds: 30, tables: [inet one, inet two]}}, arm: {arm}}}
  vars: {{socle_run: here.1.1}}
  register: found
- debug: {{msg: "{{{{ found.armed }}}}"}}
"""


@pytest.fixture
def under_guard(play: Any) -> Any:
    """The same role with two files that can cut access; ``under_guard(arm, fails)`` runs it."""
    host, run = play
    role, guard = host.parent / "roles/wanted", host.parent / "socle/apply/guard.sh"
    files = role / "files.yml"
    text = files.read_text().replace("secret: true", "secret: true, guarded: true")
    files.write_text(text.replace('mode: "0755"', 'mode: "0755", guarded: true'))
    guard.parent.mkdir(parents=True)
    guard.with_name("sshd_read.sh").write_text("ssh_note() { false; }\n")

    def ran(*words: str, arm: bool = False, fails: str = "", code: int = 0) -> str:
        guard.write_text(GUARD.format(host, fails))
        (role / "tasks/main.yml").write_text(GUARDED.format(arm=arm))
        return run(*words, code=code)

    return host, ran


def test_the_guard_is_armed_with_the_files_own_paths_before_the_first_change(
    under_guard: Any,
) -> None:
    host, run = under_guard
    told = host / "told"
    (host / "program").mkdir()
    (host / "program/run.py").write_text("before")
    (host / "secret").write_text("before")
    assert "false" in run("--check").lower()
    assert not told.exists(), "a plan arms nothing"

    said = run(fails="echo no timer >&2; exit 1", code=2)
    assert "no timer" in said
    assert (host / "secret").read_text() == "before", "no change without a way back"
    told.unlink()

    assert '"msg": true' in run().lower()
    words, _, seen = told.read_text().partition("; ")
    assert words == f"armed here.1.1 30 inet one,inet two {host}/secret {host}/program/run.py"
    assert int(seen) == len("beforebefore")
    assert (host / "secret").read_text() == "hunter2\n"
    assert not (host / "new").exists(), "what cannot cut access is for another call"

    told.unlink()
    assert '"msg": false' in run().lower()
    assert not told.exists()
    said = run(arm=True).lower()
    assert '"msg": true' in said
    assert "changed=0" in said
    assert told.exists()
