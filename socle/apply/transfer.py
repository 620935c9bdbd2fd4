"""Files from and to a host, for pyinfra: by a command as root, within its limits.

pyinfra would leave a copy that others can read below /tmp, and read a file without an end.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from pyinfra.api import QuoteString, StringCommand


def put_file(
    connector: Any,
    source: Any,
    path: str,
    remote_temp_filename: str | None = None,  # noqa: ARG001 - pyinfra's
    **arguments: Any,
) -> bool:
    """Write ``source``, a file or its name, to ``path``. Raises OSError."""
    text = base64.b64encode(_content(source)).decode()
    command = StringCommand("base64", "-d", ">", QuoteString(path))
    _run(connector, command, {**arguments, "_stdin": text})
    return True


def get_file(
    connector: Any,
    path: str,
    target: Any,
    remote_temp_filename: str | None = None,  # noqa: ARG001 - pyinfra's
    **arguments: Any,
) -> bool:
    """Read ``path`` into ``target``, a file or its name. Raises OSError."""
    lines = _run(connector, StringCommand("base64", "<", QuoteString(path)), arguments)
    content = base64.b64decode("".join(lines))
    if hasattr(target, "write"):
        target.write(content)
    else:
        Path(target).write_bytes(content)
    return True


def _run(connector: Any, command: StringCommand, arguments: dict[str, Any]) -> list[str]:
    ok, output = connector.run_shell_command(command, **{**arguments, "print_output": False})
    if not ok:
        raise OSError(output.stderr)
    lines: list[str] = output.stdout_lines
    return lines


def _content(source: Any) -> bytes:
    if hasattr(source, "read"):
        source.seek(0)
        content = source.read()
    else:
        content = Path(source).read_bytes()
    return content.encode() if isinstance(content, str) else bytes(content)
