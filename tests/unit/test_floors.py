"""Imports go down or stay on their floor (docs/en/architecture.md)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import socle

PACKAGE = Path(socle.__file__).parent
ROOMS = PACKAGE.parent / "roles"
GROUND = {"errors", "render"}
FLOORS = {  # what a package may import besides itself; commands and cli may import anything
    "evidence": GROUND,
    "lab": GROUND,
    "baseline": {*GROUND, "evidence"},
    "apply": {*GROUND, "evidence", "baseline"},
    "ansible": {*GROUND, "baseline"},
    "machine": GROUND,
    "verify": {*GROUND, "baseline", "evidence", "machine"},
    "watch": {*GROUND, "baseline", "evidence", "machine", "verify"},
    "region": {*GROUND, "baseline", "evidence", "machine", "verify"},
    "exposure": {*GROUND, "baseline", "evidence", "machine", "verify"},
    "report": {*GROUND, "baseline", "evidence", "machine", "verify", "region", "exposure"},
}
UNKNOWN_TO_EVIDENCE = {"pytest", "testinfra", "pyinfra"}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("floor", FLOORS)
def test_no_import_goes_up(floor):
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir()} | {"cli", "inventory"}
    above = packages - FLOORS[floor] - {floor}
    for file in (PACKAGE / floor).rglob("*.py"):
        parts = [name.split(".") for name in imported(file)]
        seen = {part[1] for part in parts if part[0] == "socle" and len(part) > 1}
        assert not seen & above, file


@pytest.mark.parametrize("room", sorted(path.name for path in ROOMS.iterdir() if path.is_dir()))
def test_a_room_imports_no_other_room(room):
    for file in (ROOMS / room).rglob("*.py"):
        parts = [name.split(".") for name in imported(file)]
        assert {part[1] for part in parts if part[0] == "roles" and len(part) > 1} <= {room}, file


def test_the_core_imports_no_room():
    for file in PACKAGE.rglob("*.py"):
        assert "roles" not in {name.split(".")[0] for name in imported(file)}, file


@pytest.mark.parametrize("room", sorted(path.name for path in ROOMS.iterdir() if path.is_dir()))
def test_of_a_room_only_its_commands_know_the_command_line(room):
    """Settings, engines and checks import neither `socle.commands` nor a module that does."""
    modules = {file.stem: set(imported(file)) for file in (ROOMS / room).glob("*.py")}
    upper = {
        name for name, seen in modules.items() if any(x.startswith("socle.commands") for x in seen)
    }
    for name, seen in modules.items():
        if name not in upper or name in {"settings", "deploy", "conftest"} or "test_" in name:
            assert not any(x.startswith("socle.commands") for x in seen), name
            assert not {f"roles.{room}.{one}" for one in upper} & seen, name


def test_settings_need_no_engine_and_no_pytest():
    code = (
        "import sys; from pathlib import Path; from socle.baseline import rooms;"
        f"rooms.find(Path({str(ROOMS.parent)!r}));"
        "print(*{name.split('.')[0] for name in sys.modules} & {'pytest', 'testinfra', 'pyinfra'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


JUDGING = """
import sys
from pathlib import Path
import socle
from socle.baseline import packages
from socle.baseline.digests import matching_files
from socle.verify.provenance import HOUSE

house = Path(socle.__file__).parent
for file in [*house.parent.glob("roles/*/test_*.py"), *house.parent.glob("roles/*/conftest.py")]:
    packages.load(house.parent, file.parent.name, file.stem)
files = {Path(module.__file__) for name, module in sys.modules.items() if name.startswith("socle")}
print(*{file.relative_to(house).as_posix() for file in files} - {*matching_files(house, HOUSE)})
"""


def test_whatever_checks_import_counts_as_judging():
    done = subprocess.run(
        [sys.executable, "-c", JUDGING], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_evidence_knows_no_engine():
    for file in (PACKAGE / "evidence").rglob("*.py"):
        assert not {name.split(".")[0] for name in imported(file)} & UNKNOWN_TO_EVIDENCE, file
