"""What a machine needs to know of this computer to reach Debian's packages."""

from __future__ import annotations

import os
import re
from pathlib import Path

from socle.lab.commands import call

# Behind systemd-resolved's stub (127.0.0.53) stand the servers that a machine can reach.
_RESOLV_CONFS = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))

_PROXY = re.compile(r'Acquire::(?:http|https|ftp)::Proxy(?:::\S+)? "[^"]*";')


def name_server() -> str | None:
    """The first name server of this computer that a machine could reach through it (IPv4)."""
    for file in _RESOLV_CONFS:
        if file.exists():
            found = re.findall(r"^nameserver\s+([0-9.]+)\s*$", file.read_text(), re.MULTILINE)
            return next((one for one in found if not one.startswith("127.")), None)
    return None


def apt_conf() -> str:
    """This computer's apt proxies, from apt's configuration or else from the environment.

    No descriptions in other languages: nobody reads them, and each machine would unpack 35 MB.
    """
    dump = call(["apt-config", "dump"], check=False).stdout
    proxies = [line for line in dump.splitlines() if _PROXY.fullmatch(line)]
    if not proxies:
        proxies = [
            f'Acquire::{scheme}::Proxy "{os.environ[f"{scheme}_proxy"]}";'
            for scheme in ("http", "https")
            if os.environ.get(f"{scheme}_proxy")
        ]
    return "".join(f"{line}\n" for line in (*proxies, 'Acquire::Languages "none";'))
