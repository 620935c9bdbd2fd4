"""What a practice's ``inventory.py`` does: the same practice for pyinfra and for Ansible."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from socle.baseline.export import for_ansible, for_pyinfra
from socle.baseline.loading import load
from socle.baseline.runs import run_name
from socle.errors import SocleError


def serve(file: str, module: dict[str, Any]) -> None:
    """Give the practice around ``file`` to whoever runs it.

    pyinfra executes the file and reads its globals, ``module``. Ansible runs it as a script with
    ``--list`` or ``--host NAME``. When the practice is bad, both get its problems on stderr and
    exit code 2.
    """
    by_pyinfra = module.get("__name__") != "__main__"  # pyinfra sets none
    try:
        practice = load(Path(file))
        answer = for_pyinfra(practice) if by_pyinfra else for_ansible(practice)
    except SocleError as error:
        sys.stderr.write(f"{error}\n")
        # SystemExit passes through pyinfra without a traceback or pyinfra-debug.log.
        raise SystemExit(error.exit_code) from None
    if by_pyinfra:
        import socle.apply  # noqa: F401, PLC0415 - puts pyinfra right before it connects

        module.update(answer)
        return
    run = run_name(os.getppid())  # Ansible's own process
    for variables in answer["_meta"]["hostvars"].values():
        variables["socle_run"] = run
    match sys.argv[1:]:
        case ["--host", name]:
            answer = answer["_meta"]["hostvars"].get(name, {})
        case ["--list"]:
            pass
        case _:
            sys.stderr.write(f"usage: {sys.argv[0]} --list | --host NAME\n")
            raise SystemExit(2)
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
