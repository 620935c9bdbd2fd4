"""Programs without a host: those that a room sends, and stand-ins for those of a host."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType, SimpleNamespace


def program(path: Path) -> ModuleType:
    """The program as a module, which nobody else can import."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class StandIns:
    """A host whose programs are those of a folder; it remembers how it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, []

    def program(self, name: str, text: str) -> None:
        file = self.folder / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def run(self, command: str, *_: str, **how: bool) -> SimpleNamespace:
        self.asked.append(how)
        done = subprocess.run(
            ["/bin/sh", "-c", command], capture_output=True, text=True, check=False,
            env={"PATH": f"{self.folder}:/usr/bin:/bin", "TZ": "Europe/Paris"},
        )  # fmt: skip
        return SimpleNamespace(rc=done.returncode, stdout=done.stdout, stderr=done.stderr)
