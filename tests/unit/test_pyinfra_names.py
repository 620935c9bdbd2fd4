"""What pyinfra does not document stands in one module, which lists all that it takes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADAPTER = ROOT / "socle/apply/adapter.py"
DOCUMENTED = {"pyinfra", "pyinfra.api", "pyinfra.api.exceptions", "pyinfra.api.operation"}
"""docs.pyinfra.com, "API reference"; the stock operations and facts besides."""
PRIVATE_MODULES = {
    "pyinfra.connectors",
    "pyinfra.context",
    "pyinfra.api.arguments",
    "pyinfra.api.connectors",
    "pyinfra.api.facts",
    "pyinfra.api.host",
    "pyinfra.api.operations",
    "pyinfra.api.output",
    "pyinfra.api.state",
    "pyinfra.api.util",
}
TRANSPORT = {
    "gevent": {"adapter.py", "current.py", "output.py"},
    "paramiko": {"adapter.py", "output.py", "transport.py"},
}
"""The modules that know on what pyinfra's connections run."""


def imported(file: Path) -> Iterator[tuple[str, str]]:
    """Each (module, name) that a file imports; the name is empty where it takes the module."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def private(module: str, name: str) -> bool:
    """Whether this is pyinfra's, and not documented."""
    package, *rest = module.split(".")
    if module in DOCUMENTED:
        return f"{module}.{name}" in PRIVATE_MODULES
    return package == "pyinfra_cli" or (
        package == "pyinfra" and rest[0] not in {"operations", "facts"}
    )


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("pyinfra", "host", False),
        ("pyinfra.operations", "apt", False),
        ("pyinfra.api", "operation", False),
        ("pyinfra.api", "operations", True),
        ("pyinfra.connectors.util", "CommandOutput", True),
        ("pyinfra", "connectors", True),
        ("pyinfra_cli.cli", "", True),
        ("pyinfrared", "", False),
    ],
)
def test_what_counts_as_private(module, name, expected):
    assert private(module, name) is expected


def test_only_the_adapter_takes_what_is_private():
    files = [*ROOT.glob("*.py"), *ROOT.glob("socle/**/*.py"), *ROOT.glob("roles/**/*.py")]
    found = {
        file.relative_to(ROOT).as_posix(): pair
        for file in files
        for pair in imported(file)
        if file != ADAPTER and private(*pair)
    }
    assert len(files) > 100
    assert found == {}


def test_the_adapter_lists_all_that_it_takes():
    text = ast.get_docstring(ast.parse(ADAPTER.read_text(encoding="utf-8")))
    taken = {pair for pair in imported(ADAPTER) if private(*pair)}
    assert taken
    for module, name in taken:
        assert module in text, module
        assert name in text, (module, name)


@pytest.mark.parametrize("package", TRANSPORT)
def test_few_modules_know_what_connections_run_on(package):
    found = {
        file.name
        for folder in ("socle", "roles")
        for file in ROOT.glob(f"{folder}/**/*.py")
        if any(module.split(".")[0] == package for module, _ in imported(file))
    }
    assert found == TRANSPORT[package]
