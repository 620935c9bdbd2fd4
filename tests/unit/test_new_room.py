"""`socle new-room`: what it writes passes the linters and fails its scenarios, or is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from socle.commands.new_room import names, writing
from socle.errors import SocleError
from socle.report import declared

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COPIED = (
    ".ansible-lint", ".yamllint", "ansible.cfg", "deploy.py", "docs", "group_vars", "inventories",
    "pyproject.toml", "roles", "site.yml", "tests/conftest.py", "tests/unit_fixtures.py",
)  # fmt: skip
LINKED = ("action_plugins", "callback_plugins", "socle")
MADE = shutil.ignore_patterns("__pycache__", "secrets.yml", "vault-password", "known_*")


def run(checkout: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [BIN / words[0], *words[1:]],
        cwd=checkout,
        env={**os.environ, "SOCLE_CHECKOUT": str(checkout), "COLUMNS": "160"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of this checkout with a new room, ``shared_folders``."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        (copy / name).parent.mkdir(exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=MADE)
        else:
            shutil.copy(ROOT / name, copy / name)
    for name in LINKED:
        (copy / name).symlink_to(ROOT / name)
    said = run(copy, "socle", "new-room", "shared_folders")
    assert "wrote roles/shared_folders" in said
    return copy


def test_the_room_has_what_a_room_has(checkout):
    room = checkout / "roles/shared_folders"
    files = {file.relative_to(room).as_posix() for file in room.rglob("*") if file.is_file()}
    files = {file for file in files if "__pycache__" not in file}
    assert files == {
        "controls.yml", "settings.py", "files.yml", "deploy.py", "tasks/main.yml",
        "handlers/main.yml",
        "templates/etc/socle/shared-folders.conf.j2", "test_shared_folders.py", "report.py",
        "scenarios/shared-folders-in-force/first-mistake.fail.sh",
        "scenarios/shared-folders-in-force/second-mistake.fail.sh",
        "tests/conftest.py", "tests/test_settings.py",
        "defaults/main.yml", "meta/argument_specs.yml",
    }  # fmt: skip


def test_both_engines_apply_it_after_the_other_rooms(checkout):
    assert (
        "alerting()\nshared_folders()\nremember_declared()" in (checkout / "deploy.py").read_text()
    )
    assert (
        "    - role: shared_folders\n      tags: [shared_folders]\n  post_tasks:"
        in (checkout / "site.yml").read_text()
    )


def test_the_linters_accept_it(checkout):
    run(checkout, "socle", "lint")
    run(checkout, "ruff", "check", "deploy.py", "roles/shared_folders")
    run(checkout, "ruff", "format", "--check", "deploy.py", "roles/shared_folders")
    run(checkout, "yamllint", "--strict", "site.yml", "roles/shared_folders")
    scenarios = (checkout / "roles/shared_folders/scenarios").rglob("*.sh")
    run(checkout, "shellcheck", *map(str, scenarios))


@pytest.mark.proof
def test_mypy_and_ansible_lint_accept_it(checkout):
    run(checkout, "mypy")
    run(checkout, "ansible-lint", "--offline", "--strict", "site.yml", "roles/shared_folders")


def test_its_own_tests_pass(checkout):
    said = run(checkout, "pytest", "-q", "-p", "no:xdist", "roles/shared_folders/tests")
    assert "1 passed" in said


def test_the_practice_knows_it(checkout):
    assert "shared_folders_wanted" in run(checkout, "socle", "show", "inventories/demo", "accueil")
    assert "shared-folders-in-force" in (checkout / "docs/en/controls.md").read_text()
    themes = declared.of(checkout).labels.themes
    assert themes["shared-folders"] == ("Thème à nommer", "Theme to be named")


def test_its_scenarios_fail_until_it_is_filled(checkout):
    """Its check is `unknown`, which is neither the `fail` nor the `pass` that a scenario wants."""
    words = ("socle", "verify", "inventories/local", "--control", "shared-folders-in-force")
    assert "this check is not written" in run(checkout, *words, "--no-keep", code=3)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("SharedFolders", "snake_case"),
        ("shared-folders", "snake_case"),
        ("_shared", "snake_case"),
        ("../shared", "snake_case"),
        ("s" * 31, "at most 30 characters"),
        ("firewall", "roles/firewall is there"),
        ("conftest", "roles/conftest.py is there"),
        ("ssh_keys", "ssh_…"),
        ("ssh", "ssh_…"),
        ("class", "Python"),
        ("list", "Python"),
        ("machine", "socle/machine is there"),
        ("managed_files", "this word"),
        ("backup_servers", "the room backup"),
        ("disk", "the room disk_encryption"),
    ],
)
def test_a_bad_name_is_refused_in_one_sentence(name, wanted):
    before = (ROOT / "deploy.py").read_text()
    with pytest.raises(SocleError) as refused:
        names.refuse_unusable(name, ROOT)
    said = str(refused.value)
    assert wanted in said
    assert said.startswith(f"{name}: expected ")
    assert len(said.splitlines()) == 1
    assert refused.value.exit_code == 2
    assert (ROOT / "deploy.py").read_text() == before


@pytest.fixture
def bare(tmp_path):
    """No more of a checkout than the writing of a room needs."""
    (tmp_path / "roles").mkdir()
    for name in writing.LISTS:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def state(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_known_theme_needs_no_name(bare):
    with writing.written(bare, "shared_folders", "exposure", ["exposure"]):
        pass
    assert not (bare / "roles/shared_folders/report.py").exists()
    assert "theme: exposure" in (bare / "roles/shared_folders/controls.yml").read_text()


def test_a_room_that_cannot_be_generated_is_not_left(bare):
    before = state(bare)

    def interrupted() -> None:
        with writing.written(bare, "shared_folders", "exposure", ["exposure"]):
            assert (bare / "roles/shared_folders").is_dir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert state(bare) == before
    assert list((bare / "roles").iterdir()) == []


def test_a_half_written_room_is_not_left(bare, monkeypatch):
    before = state(bare)

    def full_disk(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jinja2.Environment.from_string", full_disk)
    with pytest.raises(OSError, match="No space"), writing.written(bare, "a", "b", []):
        pass
    assert state(bare) == before
    assert sorted(path.name for path in bare.iterdir()) == ["deploy.py", "roles", "site.yml"]


@pytest.mark.parametrize("file", writing.LISTS)
def test_a_list_without_a_place_for_it_is_told(bare, file):
    (bare / file).write_text("---\n")
    with pytest.raises(SocleError, match=f"{file}: expected "):  # noqa: SIM117
        with writing.written(bare, "a", "b", []):
            pass
    assert list((bare / "roles").iterdir()) == []
