"""Verify: the rooms' checks run against every host, each answer an honest verdict.

A room's ``test_*.py`` needs no more than what this module offers::

    from socle.verify import AGAIN, control, expect, message

    @control("firewall-default-deny")
    def test_inbound_is_refused_by_default(host, settings, from_controller):
        ...
        seen = message("policy {policy}", policy=policy)
        expect(policy == "drop", seen=seen, wanted="policy drop", fix=AGAIN)

It imports neither pytest nor testinfra: pytest loads it in every run (entry point ``socle``).
"""

from socle.messages import message
from socle.verify.checks import (
    AGAIN,
    ControlFailed,
    NotApplicable,
    Unknown,
    control,
    expect,
    not_applicable,
    note,
    unknown,
)
from socle.verify.verdicts import Outcome, State, Verdict

__all__ = [
    "AGAIN",
    "ControlFailed",
    "NotApplicable",
    "Outcome",
    "State",
    "Unknown",
    "Verdict",
    "control",
    "expect",
    "message",
    "not_applicable",
    "note",
    "unknown",
]
