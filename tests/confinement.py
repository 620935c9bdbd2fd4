"""How exposed the services of Socle's on a machine are."""

from __future__ import annotations

import re
from collections.abc import Callable

MOST = 3.0
"""From 0 (nothing can be reached) to 10; a service that gives nothing up has 9.6."""
_ASK = """
for unit in $(systemctl list-unit-files --no-legend 'socle-*.service' | awk '{print $1}'); do
    unit=$(echo "$unit" | sed 's/@[.]/@run./')
    echo "$unit $(systemd-analyze security --no-pager "$unit" | grep Overall)"
done
"""


def exposures(root_on: Callable[[str, str], str], machine: str) -> dict[str, float]:
    """Unit -> what `systemd-analyze security` says of it."""
    said = root_on(machine, _ASK)
    return {unit: float(number) for unit, number in re.findall(r"(\S+) .*: ([\d.]+) ", said)}
