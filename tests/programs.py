"""Programs that a room sends to a host, loaded without a host."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


def program(path: Path) -> ModuleType:
    """The program as a module, which nobody else can import."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
