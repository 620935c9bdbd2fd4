"""What a host says of its next start, and what an apply refuses of it."""

from __future__ import annotations

import pytest

from socle.baseline.next_start import next_start, refusals

UNIT, FILE = "nftables.service", "/etc/nftables.conf"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("loads", ""),
        ("unread ran", ""),
        ("cut", f"loads {FILE}, and from there on the connection in use is not let in again"),
        ("lost", f"loads {FILE}, and from there on the rules of Socle are gone or changed"),
        ("unread waits", f"loads packet filter rules that cannot be tried beforehand ({FILE})"),
    ],
)
def test_each_refusal_names_the_unit_the_file_and_what_to_do(kind, said):
    found = refusals(["drifted socle", f"{kind} {UNIT} {FILE}", "end"])
    assert len(found) == bool(said)
    for sentence in found:
        assert sentence.startswith(f"at the next start {UNIT} {said}")
        assert sentence.endswith(f"or do without it: systemctl disable {UNIT}")


def test_rc_local_is_switched_off_otherwise():
    """Its service has no links that systemctl could take away."""
    (sentence,) = refusals(["unread waits rc-local.service /etc/rc.local"])
    assert sentence.endswith("or do without it: chmod -x /etc/rc.local")


def test_what_took_too_long_is_refused():
    (sentence,) = refusals(["drifted socle", "late"])
    assert sentence.startswith("what other programs load into the packet filter at the next start")
    assert not next_start(["late"]).complete


def test_the_answer_is_read_by_kinds():
    found = next_start([f"loads {UNIT} {FILE}", "unread ran ufw.service /etc/ufw/ufw.conf", "end"])
    assert found.complete
    assert found.named("loads") == [f"{UNIT} ({FILE})"]
    assert found.named("unread ran", "unread waits") == ["ufw.service (/etc/ufw/ufw.conf)"]
    assert not next_start([f"loads {UNIT} {FILE}"]).complete


@pytest.mark.parametrize(
    "line",
    ["cut", f"cut {UNIT}", "cut x;reboot /etc/x", "unread maybe a.service /x", "cut \x1b /x"],
)
def test_a_host_that_lies_says_nothing(line):
    assert refusals([line]) == []


def test_a_name_is_one_word_of_the_shell_and_no_file_is_endless():
    (sentence,) = refusals([rf"cut a\x2db.service /etc/{'x' * 5000}"])
    assert sentence.endswith(r"systemctl disable 'a\x2db.service'")
    assert len(sentence) < 500
