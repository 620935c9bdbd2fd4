"""No import runs upwards: the ground knows nothing of the house above it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# From the ground. What is on no floor here (commands, cli, inventory) is the roof.
FLOORS = (
    ("errors", "render", "evidence", "lab"),
    ("baseline", "apply"),
    ("verify",),
    ("report",),
)
MODULES = sorted((ROOT / "socle").rglob("*.py"))


def floor(name: str) -> int:
    part = name.split(".")[1] if "." in name else ""
    return next((n for n, parts in enumerate(FLOORS) if part in parts), len(FLOORS))


def imported(file: Path) -> set[str]:
    tree = ast.walk(ast.parse(file.read_text()))
    names = set()
    for node in tree:
        if isinstance(node, ast.ImportFrom) and node.module == "socle":
            names.update(f"socle.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name for name in names if name.startswith("socle.")} - {"socle.__version__"}


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_go_down(file: Path) -> None:
    here = floor(".".join(file.relative_to(ROOT).with_suffix("").parts))
    assert [name for name in sorted(imported(file)) if floor(name) > here] == []
