"""What to tell people whose value is weaker than the layer above."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import yaml

from socle.baseline import words
from socle.baseline.settings import Direction, Keyed, Ordered, Stricter
from socle.baseline.variables import Variable
from socle.baseline.written import WAIVERS, Layer

_VALID_DAYS = 365
_BOUNDS = {
    "lower": "{} or less",
    "higher": "{} or more",
    "subset": "nothing beyond {}",
    "superset": "all of {}",
}


def limit(direction: Direction, above: Any) -> str:
    """What a practice may still write below the value ``above``."""
    shown = words.shown(above)
    if isinstance(direction, Keyed):
        return f"this entry unchanged: {shown}"
    if isinstance(direction, Ordered):
        allowed = direction.order[direction.order.index(above) :]
        return f"one of: {', '.join(str(word) for word in allowed)}"
    if isinstance(direction, Stricter):
        return _BOUNDS.get(direction.towards, "{}").format(shown)
    return shown


def stanza(variable: Variable, layer: Layer, value: Any, today: date) -> str:
    """The waiver that would allow ``value``, for people to fill in.

    ``layer``: the one that has the value. The empty texts are refused until somebody has written
    them.
    """
    file = f"group_vars/{WAIVERS}" if layer.region else WAIVERS
    why = "why the region" if layer.region else "why the practice"
    who = "who answers for the region" if layer.region else "who accepts the risk: the controller"
    controls = [control.id for control in variable.room.controls] if variable.room else []
    others = f"  # or: {', '.join(controls[1:])}" if controls[1:] else ""
    values = yaml.safe_dump(
        {variable.name: value},
        default_flow_style=True,
        allow_unicode=True,
        sort_keys=False,
        width=float("inf"),
    ).strip()
    lines = (
        f"To be weaker, write this in {file}" + (" instead:" if layer.region else ":"),
        f"- control: {controls[0] if controls else ''}{others}",
        f"  hosts: [{layer.scope}]",
        f"  set: {values}",
        f'  reason: ""  # {why} cannot do without',
        '  compensating: ""  # what protects instead',
        f'  approved_by: ""  # {who}',
        f"  until: {today + timedelta(days=_VALID_DAYS)}",
    )
    return "\n".join(lines)
