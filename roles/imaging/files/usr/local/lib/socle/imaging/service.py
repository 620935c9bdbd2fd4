"""Orthanc's service: what systemd says of it, and what it answers itself."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import subprocess
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from .certificates import HOME
from .errors import Trouble

UNIT = "orthanc.service"
TLS = "socle-imaging-tls.service"
SECONDS = 30
"""An Orthanc that does not answer by then is put back as it was."""


def shown(unit: str = UNIT) -> dict[str, str]:
    """A unit's properties that matter here."""
    names = "ActiveState,UnitFileState,NeedDaemonReload,ExecMainStartTimestamp"
    words = ["systemctl", "show", unit, "--timestamp=us+utc", f"--property={names}"]
    text = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    return dict(line.partition("=")[::2] for line in text.splitlines())


def started(properties: dict[str, str]) -> float:
    """Seconds since 1970 at which the process began; 0 where there is none."""
    text = properties.get("ExecMainStartTimestamp", "")
    try:
        return datetime.strptime(f"{text} +0000", "%a %Y-%m-%d %H:%M:%S.%f UTC %z").timestamp()
    except ValueError:
        return 0.0


def restart() -> None:
    """Begin anew with the files as they are."""
    both = [UNIT, TLS]
    steps = (["daemon-reload"], ["--quiet", "enable", *both], ["reset-failed", *both],
             ["restart", *both])  # fmt: skip
    for words in steps:
        done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Trouble(f"systemctl {words[-2]}: {done.stderr.strip()}")


def ask(path: str, port: int, account: tuple[str, str], body: str | None = None) -> tuple[int, str]:
    """Status and answer of Orthanc to ``account``, over TLS, from the certificate we gave it."""
    try:
        context = ssl.create_default_context(cafile=str(HOME / "orthanc.pem"))
    except OSError as error:  # somebody deleted it, or it is none: a new one is due
        raise Trouble(f"the server's certificate cannot be read: {error.strerror}") from None
    context.check_hostname = False  # the very certificate is known: its name says nothing more
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    link = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    return request(link, path, account, body)


def request(
    link: http.client.HTTPConnection, path: str, account: tuple[str, str], body: str | None = None
) -> tuple[int, str]:
    """Status and answer over ``link``, which is closed. Raises Trouble where there is none."""
    word = base64.b64encode(":".join(account).encode()).decode()
    try:
        method = "GET" if body is None else "POST"
        link.request(method, path, body, {"Authorization": f"Basic {word}"})
        answer = link.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise Trouble(f"Orthanc does not answer on port {link.port}: {error}") from None
    finally:
        link.close()


def wait(port: int, account: tuple[str, str]) -> None:
    """Until Orthanc answers as it should. Raises Trouble after `SECONDS`."""
    limit = time.monotonic() + SECONDS
    while True:
        try:
            status, _ = ask("/system", port, account)
            if status == http.HTTPStatus.OK:
                return
            said = f"/system answers {status}"
        except Trouble as trouble:
            said = str(trouble)
        if time.monotonic() > limit or shown().get("ActiveState") == "failed":
            raise Trouble(f"{said} ({_last_words()})")
        time.sleep(0.3)


def modalities(port: int, account: tuple[str, str]) -> dict[str, Any] | None:
    """What Orthanc has in memory, which anybody with an account can change; None: no answer."""
    try:
        status, text = ask("/modalities?expand", port, account)
        found = json.loads(text) if status == http.HTTPStatus.OK else None
    except (Trouble, ValueError):
        return None
    return found if isinstance(found, dict) else None


def newest(paths: Iterable[Path]) -> float:
    """When the last of the files was changed, in seconds since 1970."""
    return max((path.stat().st_ctime for path in paths if path.exists()), default=0.0)


def _last_words() -> str:
    """The line of this very start's log that says why: settings, no data so far."""
    logs = sorted(Path("/var/log/orthanc").glob("*.log*"), key=lambda path: path.stat().st_mtime)
    lines = logs[-1].read_text("utf-8", "replace").splitlines() if logs else []
    bad = [line for line in lines if line.startswith("E") and "]" in line]
    return bad[-1].partition("]")[2].strip() if bad else "its log says no reason"
