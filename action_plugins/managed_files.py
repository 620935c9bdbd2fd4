"""Ansible action: the files of a room, filled here by `socle.render`, compared by the module."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase  # type: ignore[import-untyped]

from socle.baseline import managed
from socle.baseline.model import Managed
from socle.errors import SocleError

GUARD = {
    "seconds": {"type": "int", "required": True},
    "tables": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """What Ansible looks for in an action plugin."""

    _supports_check_mode = True
    _supports_diff = True
    _VALID_ARGS = frozenset({"arm", "guard", "without"})

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send what the room's ``files.yml`` wishes on this host, in one execution."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = self.validate_argument_spec(
            {
                "arm": {"type": "bool", "default": False},
                "guard": {"type": "dict", "options": GUARD},
                "without": {"type": "list", "elements": "str", "default": []},
            }
        )[1]
        variables = task_vars or {}
        role, guard = Path(variables["role_path"]), given["guard"]
        try:
            listed = managed.read(role)
            files = list(_wished(role, listed, variables, guard is not None, given["without"]))
        except SocleError as error:
            return {**result, "failed": True, "msg": str(error)}
        arguments = {"files": files, "arm": given["arm"]}
        if guard is not None:
            arguments["arming"] = _arming(role, listed, variables, **guard)
        done = self._execute_module("managed_files", module_args=arguments, task_vars=task_vars)
        return {**result, **done}


def _wished(
    role: Path,
    listed: Sequence[Managed],
    variables: Mapping[str, Any],
    guarded: bool,
    without: list[str],
) -> Iterator[dict[str, Any]]:
    """What the module is told of each file."""
    checkout = role.parents[1]
    settings = _settings(variables, checkout)
    for entry, wanted in managed.wishes(listed, settings, guarded=guarded, without=without):
        for source in entry.sources if wanted is not None else ():
            told = {"path": source.target, "mode": entry.mode, "secret": entry.secret}
            if wanted:
                content = managed.content(source, settings, checkout)
                told["content"] = base64.b64encode(content).decode()
                told["validate"] = entry.validate
            yield told


def _arming(
    role: Path,
    listed: Sequence[Managed],
    variables: Mapping[str, Any],
    seconds: int,
    tables: list[str],
) -> dict[str, Any]:
    """What the module is told of the guard: its script, and the words for it."""
    scripts = role.parents[1] / "socle/apply"
    guard, sshd_read = (
        (scripts / name).read_text(encoding="utf-8") for name in ("guard.sh", "sshd_read.sh")
    )
    words = [variables["socle_run"], str(seconds), ",".join(tables), *managed.guarded(listed)]
    script = f'{guard}\n(guard_arm "$@")\nset +eu\n{sshd_read}\nssh_note || :\n'
    return {"script": script, "words": words}


def _settings(variables: Mapping[str, Any], checkout: Path) -> dict[str, Any]:
    """The rooms' settings, as plain data: Ansible marks where each of its values comes from."""
    prefixes = tuple(f"{folder.name}_" for folder in (checkout / "roles").iterdir())
    return {
        name: json.loads(json.dumps(value))
        for name, value in variables.items()
        if name.startswith(prefixes)
    }
