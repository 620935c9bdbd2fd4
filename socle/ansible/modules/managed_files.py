"""Ansible module: files as they should be, compared and written in one execution."""

from __future__ import annotations

import base64
import os
import shlex
import stat
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: managed_files
short_description: The files that a room lists in files.yml
description:
  - Writes what differs and removes what is not wanted, all of a role's files in one execution.
  - Each file is written beside its place, synced, validated, given to root, and put into place in
    one step. All are validated before the first one replaces anything.
  - The action plugin of the same name fills the templates on the controller.
options:
  guard:
    description:
      - Writes the files marked guarded, which can cut access, and no others.
      - The host arms its way back before the first change. The role ends with confirm.yml.
    type: dict
    suboptions:
      seconds: {description: How long it waits for the confirmation., type: int, required: true}
      tables: {description: Packet filter tables that it puts back., type: list, elements: str}
  arm:
    description: Whether it arms its way back even where no file differs.
    type: bool
    default: false
  without:
    description: Paths that the machine has no need of, whatever the settings say.
    type: list
    elements: str
    default: []
  arming:
    description: What the action plugin makes of the guard. Not for tasks.
    type: dict
    suboptions:
      script: {description: The guard's., type: str, required: true}
      words: {description: For the script., type: list, elements: str, required: true}
  files:
    description: What the action plugin makes of files.yml. Not for tasks.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Where the file is., type: str, required: true}
      content: {description: Base64; no file is wanted where there is none., type: str}
      mode: {description: Octal; the owner is root., type: str, required: true}
      validate: {description: A command that must accept the new file., type: str}
      secret: {description: Whether the content is never shown., type: bool, default: false}
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
"""
RETURN = """
changed_paths:
  description: The files that were not as they should be.
  returned: always
  type: list
  elements: str
armed:
  description: Whether the host has armed its way back, so that the change is to be confirmed.
  returned: always
  type: bool
"""
EXAMPLES = """
- name: The server and its settings
  managed_files:
  register: example_files
  notify: Restart the server
"""
SHOWN = 1 << 20
"""Bytes of a present file that a difference shows, at most."""


def main() -> None:
    """Compare all, arm the guard if there is one, validate all that differs, put all into place."""
    module = AnsibleModule(
        argument_spec={
            "guard": {
                "type": "dict",
                "options": {
                    "seconds": {"type": "int", "required": True},
                    "tables": {"type": "list", "elements": "str"},
                },
            },
            "arm": {"type": "bool", "default": False},
            "arming": {
                "type": "dict",
                "options": {
                    "script": {"type": "str", "required": True},
                    "words": {"type": "list", "elements": "str", "required": True},
                },
            },
            "without": {"type": "list", "elements": "str", "default": []},
            "files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "path": {"type": "str", "required": True},
                    "content": {"type": "str", "no_log": True},
                    "mode": {"type": "str", "required": True},
                    "validate": {"type": "str"},
                    "secret": {"type": "bool", "default": False},
                },
            },
        },
        supports_check_mode=True,
    )
    os.umask(0o022)
    differing = [wish for wish in module.params["files"] if not _is_so(wish)]
    arming = module.params["arming"] if differing or module.params["arm"] else None
    result: dict[str, Any] = {
        "changed": bool(differing),
        "changed_paths": [wish["path"] for wish in differing],
        "armed": arming is not None and not module.check_mode,
    }
    if module._diff:
        result["diff"] = [_difference(wish) for wish in differing]
    if not module.check_mode:
        if arming:
            _arm(module, arming)
        _settle(module, differing)
    module.exit_json(**result)


def _is_so(wish: dict[str, Any]) -> bool:
    found = _state(wish["path"])
    if found is None or wish["content"] is None:
        return found is None and wish["content"] is None
    content = base64.b64decode(wish["content"])
    return (
        stat.S_ISREG(found.st_mode)
        and stat.S_IMODE(found.st_mode) == int(wish["mode"], 8)
        and (found.st_uid, found.st_gid, found.st_size) == (0, 0, len(content))
        and Path(wish["path"]).read_bytes() == content
    )


def _state(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _arm(module: Any, arming: dict[str, Any]) -> None:
    """Have the host arm its way back; without it no change is begun."""
    code, out, err = module.run_command(["sh", "-s", "--", *arming["words"]], data=arming["script"])
    if code:
        module.fail_json(msg=(err or out).strip() or f"the guard's script ends with {code}")


def _settle(module: Any, differing: list[dict[str, Any]]) -> None:
    ready: dict[str, Path] = {}
    path = ""
    try:
        for wish in differing:
            path = wish["path"]
            if wish["content"] is not None:
                ready[path] = _beside(Path(path))
                _fill(ready[path], base64.b64decode(wish["content"]))
                _validate(module, wish, ready[path])
                os.chown(ready[path], 0, 0)
                ready[path].chmod(int(wish["mode"], 8))
        for wish in differing:
            path = wish["path"]
            if path in ready:
                ready[path].rename(path)
                del ready[path]
            else:
                Path(path).unlink()
    except OSError as error:
        module.fail_json(msg=f"cannot write {path}: {error.strerror}")
    finally:
        for new in ready.values():
            new.unlink()


def _beside(path: Path) -> Path:
    """A new, empty file beside ``path``, root's alone; whatever is linked there is not followed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, new = tempfile.mkstemp(prefix=f"{path.name}.socle.", dir=path.parent)
    os.close(handle)
    return Path(new)


def _fill(new: Path, content: bytes) -> None:
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _validate(module: Any, wish: dict[str, Any], new: Path) -> None:
    if not wish["validate"]:
        return
    code, out, err = module.run_command([*shlex.split(wish["validate"]), str(new)])
    if code:
        module.fail_json(msg=f"cannot write {wish['path']}: {(err or out).strip()}")


def _difference(wish: dict[str, Any]) -> dict[str, str]:
    path, found = wish["path"], _state(wish["path"])
    before = f"{path} ({_label(found)})"
    after = f"{path} ({'absent' if wish['content'] is None else wish['mode'][1:] + ' 0:0'})"
    if wish["secret"]:
        hidden = "(content not shown: it holds a secret)"
        return {"prepared": f"--- {before}\n+++ {after}\n{hidden}\n"}
    return {
        "before_header": before,
        "after_header": after,
        "before": _text(path, found),
        "after": base64.b64decode(wish["content"] or "").decode("utf-8", "replace"),
    }


def _label(found: os.stat_result | None) -> str:
    if found is None:
        return "absent"
    if not stat.S_ISREG(found.st_mode):
        return "not a plain file"
    return f"{stat.S_IMODE(found.st_mode):o} {found.st_uid}:{found.st_gid}"


def _text(path: str, found: os.stat_result | None) -> str:
    if found is None or not stat.S_ISREG(found.st_mode):
        return ""
    with Path(path).open("rb") as file:
        return file.read(SHOWN).decode("utf-8", "replace")


if __name__ == "__main__":
    main()
