"""What one machine of a lab can open on others: a plain connection attempt to each port."""

from __future__ import annotations

import json
from collections.abc import Iterable

from socle.lab.errors import LabError
from socle.lab.practice import run
from socle.lab.spec import Lab

PORTS = (21, 22, 23, 80, 104, 111, 139, 443, 445, 2762, 3389, 4242, 5900, 8042, 8080, 8443, 11112)
"""Administration, sharing, remote desktops, and the ports of imaging software."""

_SCRIPT = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
addresses, ports = json.loads(sys.argv[1])
def opens(end):
    with socket.socket(socket.AF_INET6 if ":" in end[0] else socket.AF_INET) as s:
        s.settimeout(0.8)
        return s.connect_ex(tuple(end)) == 0
ends = [(a, p) for a in addresses for p in ports]
with ThreadPoolExecutor(64) as pool:
    print(json.dumps([end for end, is_open in zip(ends, pool.map(opens, ends)) if is_open]))
"""


def open_ports(
    lab: Lab, machine: str, addresses: Iterable[str], ports: Iterable[int] = PORTS
) -> set[tuple[str, int]]:
    """(address, TCP port) that ``machine`` could connect to.

    Raises:
        LabError: the machine does not run, or has no Python.
    """
    wanted = json.dumps([list(addresses), list(ports)])
    done = run(lab, machine, f"python3 - '{wanted}'", stdin=_SCRIPT)
    if done.returncode != 0:
        raise LabError(f"scan from {machine} failed: {done.stderr.strip()}")
    return {(address, port) for address, port in json.loads(done.stdout)}
