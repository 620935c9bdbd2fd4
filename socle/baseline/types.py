"""Types of settings that more than one room or file has. What is not of a type is said in words."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from socle.baseline.settings import matching


def _past(day: date) -> date:
    if day > date.today():
        raise ValueError("a day that has come, today at the latest")
    return day


Kebab = Annotated[str, matching(r"[a-z0-9]+(-[a-z0-9]+)*", "lower-case words joined by hyphens")]
"""A stable name, by which layers merge entries."""
Port = Annotated[int, Field(ge=1, le=65535)]
"""A port of TCP or UDP."""
Path = Annotated[
    str, matching(r"/[^\x00-\x1f*?\[\]{}$\\]*(?<!/)", "an absolute path without wildcards")
]
"""A file or folder on a machine."""
Text = Annotated[str, matching(r"[^\x00-\x1f]+", "one line of text")]
Reason = Annotated[str, matching(r"(?=.*\S.*\S.*\S)[^\x00-\x1f]+", "a reason, in a sentence")]
Password = Annotated[
    str, matching(r"[!-~]{20,200}", "20 characters or more, without spaces: openssl rand -hex 24")
]
"""A password that nobody types, as Socle makes them."""
HostKey = Annotated[str, matching(r"(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/=]+", "ssh-ed25519 AAAA…")]
"""A server's SSH host key, without comment."""
PastDay = Annotated[date, AfterValidator(_past)]
"""The day on which something was done."""
