"""A practice under test, and the two engines and the checks as an operator runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from socle.baseline import load
from socle.verify.run import verify


class Practice:
    """The practice in ``folder``, with the rooms of the checkout ``root``."""

    deploy: Path | str = "deploy.py"

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder

    @property
    def practice(self):
        """As its files are now; read again only when one of them has changed."""
        places = (self.folder, self.root / "group_vars", self.root / "roles")
        return _loaded(self.folder, self.root, tuple(map(_written, places)))

    @contextmanager
    def edited(self, file: str, old: str, new: str) -> Iterator[None]:
        """A file of the practice with ``old`` replaced by ``new``, and afterwards as before."""
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        try:
            yield
        finally:
            path.write_text(text)

    def pyinfra(self, *args: str, code: int = 0, **options) -> str:
        return self._run(
            code, "pyinfra", self.folder / "inventory.py", self.deploy, *args, **options
        )

    def ansible(self, *args: str, code: int = 0, **options) -> str:
        playbook = ("ansible-playbook", "-i", self.folder / "inventory.py", "site.yml")
        return self._run(code, *playbook, *args, **options)

    def socle(self, *args, code: int | None = 0, **options) -> str:
        """``code``: how it has to end; None: however it ends."""
        return self._run(code, "socle", *args, COLUMNS="200", **options)

    def verdicts(self, *, limit: tuple[str, ...] = (), controls: tuple[str, ...] = ()):
        """(host, control) -> Outcome."""
        found = verify(self.practice, limit=limit, controls=controls, roles=self.root / "roles")
        return {(outcome.host, outcome.control): outcome for outcome in found}

    @staticmethod
    def changes(output: str) -> int:
        """How many operations of a pyinfra run, or tasks of an Ansible run, changed something."""
        found = _CHANGES.search(output)
        if found:
            return int(found[1].replace("-", "0"))
        return sum(map(int, re.findall(r"changed=(\d+)", output)))

    def _run(self, code: int | None, program: str, *args, timeout=900, **env) -> str:
        done = subprocess.run(
            [Path(sys.executable).parent / program, *args],
            cwd=self.root,
            env={
                **os.environ,
                "ANSIBLE_NOCOLOR": "1",
                "SOCLE_APT_LOCK_SECONDS": "3",
                "SOCLE_CHECKOUT": str(self.root),
                **env,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert code is None or done.returncode == code, done.stdout
        return done.stdout


@lru_cache(maxsize=4)
def _loaded(folder: Path, root: Path, _state: tuple[int, ...]):
    return load(folder, root=root)


def _written(folder: Path) -> int:
    files = (path for path in folder.rglob("*") if path.suffix in {".yml", ".py", ""})
    return hash(tuple((str(path), path.stat().st_mtime_ns) for path in files if path.is_file()))


_CHANGES = re.compile(r"Grand total +\d+ +(\S+)")
