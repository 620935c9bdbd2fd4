"""Programs of ours that a host runs: each goes as one argument of an interpreter, none stays there.

A stored bundle finds an answer by the words of its whole command: what is sent, and how, is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Program:
    """A text, and the words in front of it that make a host run it: ``sh -c``."""

    interpreter: str
    text: str

    def run(self, host: Any, *words: str, **how: Any) -> Any:
        """Run it on a host as root, with ``words`` as its arguments; testinfra's answer.

        ``how``: what `LinkBackend.run` takes, such as ``timeout`` in seconds.
        """
        places = " ".join(["%s"] * (1 + len(words)))
        return host.run(f"{self.interpreter} {places}", self.text, *words, **how)


def shell(script: Path) -> Program:
    """A script (POSIX sh). Its first argument is ``$0``."""
    return Program("sh -c", script.read_text(encoding="utf-8"))


def python(*modules: Path, by: str = "python3 -I -c") -> Program:
    """Python modules as one program, those that others import first.

    Lines by which they import from each other are left out: ``from NAME import …``.
    """
    joined = "\n".join(module.read_text(encoding="utf-8") for module in modules)
    names = "|".join(re.escape(module.stem) for module in modules)
    text = re.sub(rf"^from ({names}) import .*\n", "", joined, flags=re.MULTILINE)
    return Program(by, text)
