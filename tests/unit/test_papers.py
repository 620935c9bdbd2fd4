"""What the papers name is there: files, `make` targets, tools of the hooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*/*.md")])
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
TARGET = re.compile(r"\bmake ([a-z]+(?:-[a-z]+)*)(?=[`\s]*(?:#|$|`))", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_links_to_is_there(page):
    linked = LINK.findall(page.read_text())
    assert [link for link in linked if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/en/testing.md", "docs/en/new-room.md"])
def test_targets_of_make_exist(name):
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(TARGET.findall((ROOT / name).read_text()))
    assert named
    assert named <= there


def test_hooks_fetch_nothing_and_run_what_make_lint_runs():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [one["repo"] for one in config["repos"]] == ["local"]
    hooks = [hook for one in config["repos"] for hook in one["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    lint = (ROOT / "Makefile").read_text().partition("lint: venv")[2].partition("\n\n")[0]
    used = {re.match(r"\.venv/bin/(\S+)", hook["entry"])[1] for hook in hooks}
    assert used == set(re.findall(r"\$\(BIN\)/(\S+)", lint))
