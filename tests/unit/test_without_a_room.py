"""Each room in turn is deleted from a copy of the checkout: nothing else is edited, all works.

What is deleted is its folder, its lines in ``deploy.py`` and ``site.yml``, and its settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rooms import ROOMS, copied, core, python, take_away

pytestmark = pytest.mark.proof(apart=True)  # a minute or two for each room

COMMANDS = """
import ast, importlib, sys
from pathlib import Path
import yaml
from socle import cli

def said(*words):
    sys.argv = ["socle", *words]
    try:
        cli.main()
    except SystemExit as ended:
        asks = 3 if words[0] == "check" else 0  # what nobody has said yet
        assert ended.code in (0, asks), (words, ended.code)

said("--help")
said("generate")
said("lint")
for practice in ("inventories/demo", "inventories/local"):
    said("check", practice)
    said("flows", practice)
said("show", "inventories/demo", "imagerie")
for node in ast.parse(Path("deploy.py").read_text()).body:
    if isinstance(node, ast.ImportFrom):
        importlib.import_module(node.module)
for play in yaml.safe_load(Path("site.yml").read_text()):
    for one in play["roles"]:
        assert Path("roles", one["role"]).is_dir(), one
"""
REPORT = """
sys.path.insert(0, "tests")
from documents import DECLARED, document, outcome
from socle.baseline import load
from socle.baseline.export import for_pyinfra
from socle.report.files import WRITERS, write
from socle.verify.verdicts import Verdict

demo = load(Path("inventories/demo"))
for_pyinfra(demo)
every = list(Verdict)
pairs = [(host, one.id) for host in demo.hosts for one in demo.controls]
told = document(demo, [outcome(*pair, every[n % len(every)]) for n, pair in enumerate(pairs)])
write(told, {kind: Path("..") / kind for kind in WRITERS}, "fr", declared=DECLARED)
"""
QUICK = ("exposure_report", "floors", "report_rooms", "units")
"""Tests of the core that ask every room something, in a second or two each; all are collected."""


@pytest.fixture(params=ROOMS)
def house(request, tmp_path) -> Iterator[Path]:
    """A checkout without one of the rooms."""
    root = copied(tmp_path / "house")
    before = core(root)
    take_away(root, request.param)
    yield root
    assert core(root) == before


def test_without_a_room_the_others_and_the_core_stand(house):
    python(house, "-c", COMMANDS + REPORT)
    every = ["tests/unit", *(str(path) for path in house.glob("roles/*/tests"))]
    chosen = " or ".join(f"test_{name}.py" for name in QUICK)
    options = ("-q", "-p", "no:cacheprovider", "-m", "not proof", "--tb=short", "-k", chosen)
    python(house, "-m", "pytest", *options, *every)
