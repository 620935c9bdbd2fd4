"""Ansible action: the files of a room, filled here by `socle.render`, compared by the module."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase  # type: ignore[import-untyped]

from socle.baseline import managed
from socle.errors import SocleError


class ActionModule(ActionBase):  # type: ignore[misc]
    """What Ansible looks for in an action plugin."""

    _supports_check_mode = True
    _supports_diff = True
    _VALID_ARGS = frozenset({"guarded", "without"})

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send what the room's ``files.yml`` wishes on this host, in one execution."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        given = self.validate_argument_spec(
            {
                "guarded": {"type": "bool", "default": False},
                "without": {"type": "list", "elements": "str", "default": []},
            }
        )[1]
        variables = task_vars or {}
        try:
            files = list(_wished(Path(variables["role_path"]), variables, **given))
        except SocleError as error:
            return {**result, "failed": True, "msg": str(error)}
        arguments = {"files": files}
        done = self._execute_module("managed_files", module_args=arguments, task_vars=task_vars)
        return {**result, **done}


def _wished(
    role: Path, variables: Mapping[str, Any], guarded: bool, without: list[str]
) -> Iterator[dict[str, Any]]:
    """What the module is told of each file."""
    checkout = role.parents[1]
    settings = _settings(variables, checkout)
    listed = managed.wishes(managed.read(role), settings, guarded=guarded, without=without)
    for entry, wanted in listed:
        for source in entry.sources if wanted is not None else ():
            told = {"path": source.target, "mode": entry.mode, "secret": entry.secret}
            if wanted:
                content = managed.content(source, settings, checkout)
                told["content"] = base64.b64encode(content).decode()
                told["validate"] = entry.validate
            yield told


def _settings(variables: Mapping[str, Any], checkout: Path) -> dict[str, Any]:
    """The rooms' settings, as plain data: Ansible marks where each of its values comes from."""
    prefixes = tuple(f"{folder.name}_" for folder in (checkout / "roles").iterdir())
    return {
        name: json.loads(json.dumps(value))
        for name, value in variables.items()
        if name.startswith(prefixes)
    }
