"""Waivers: the only way to be weaker, with an author, a reason and an end."""
# ruff: noqa: E501 - whole messages, each on its line

from datetime import date
from typing import Any

import pytest

from socle.baseline.model import Origin
from socle.errors import BadPractice

FLOW = "{name: %s, direction: out, protocol: udp, ports: [%s], peers: [any], purpose: why}"
TEXTS = "reason: why, compensating: what, approved_by: who, until: 2027-05-31"


def waiver(
    control: str = "toy-lock", hosts: str = "[desk]", values: str = "{toy_idle: 600}"
) -> str:
    return f"- {{control: {control}, hosts: {hosts}, set: {values}, {TEXTS}}}\n"


def test_a_waiver(toy: Any) -> None:
    file = toy.write("waivers.yml", "---\n" + waiver(hosts="[desk, servers]"))
    practice = toy.load()
    (one,) = practice.waivers
    assert (one.control, one.hosts) == ("toy-lock", ("desk", "store"))
    assert one.set == {"toy_idle": 600}
    assert (one.reason, one.compensating, one.approved_by) == ("why", "what", "who")
    assert (one.until, one.origin) == (date(2027, 5, 31), Origin("waiver", file, 2))
    desk, lab, store = practice.hosts.values()
    assert [host.settings["toy_idle"] for host in (desk, lab, store)] == [600, 300, 600]
    assert desk.origins["toy_idle"] == Origin("waiver", file, 2)
    assert desk.waivers == (one,)
    assert desk.waiver("toy-lock") is one
    assert lab.waivers == ()


def test_an_expired_waiver_stays_but_sets_nothing(toy: Any) -> None:
    toy.write("waivers.yml", waiver())
    last = toy.load(today=date(2027, 5, 31)).hosts["desk"]
    assert last.settings["toy_idle"] == 600, "valid until the end of its last day"
    desk = toy.load(today=date(2027, 6, 1)).hosts["desk"]
    assert desk.settings["toy_idle"] == 300
    assert desk.waivers[0].expired(date(2027, 6, 1))


def test_a_waiver_is_weaker_than_every_layer_of_the_practice(toy: Any) -> None:
    toy.write("host_vars/desk.yml", "toy_idle: 20\n")
    toy.write("waivers.yml", waiver())
    assert toy.load().hosts["desk"].settings["toy_idle"] == 600


def test_a_waiver_that_sets_nothing(toy: Any) -> None:
    toy.write("waivers.yml", f"- {{control: toy-open, hosts: [all], {TEXTS}}}\n")
    assert toy.load().waivers[0].set == {}


def test_entries_replaced_added_and_removed(toy: Any) -> None:
    toy.write("/group_vars/all.yml", f"toy_flows: [{FLOW % ('a', 1)}, {FLOW % ('b', 2)}]\n")
    entries = ["{name: a, remove: true}", FLOW % ("b", 3), FLOW % ("c", 4)]
    values = "\n      - ".join(["", *entries])
    file = toy.write(
        "waivers.yml",
        "- control: toy-lock\n  hosts: [desk]\n  set:\n    toy_flows:"
        f"{values}\n  reason: why\n  compensating: what\n  approved_by: who\n  until: 2027-05-31\n",
    )
    desk, lab, _ = toy.load().hosts.values()
    assert [(f["name"], f["ports"]) for f in desk.settings["toy_flows"]] == [("b", [3]), ("c", [4])]
    assert [f["name"] for f in lab.settings["toy_flows"]] == ["a", "b"]
    assert desk.origins["toy_flows.b"] == Origin("waiver", file, 6)
    assert "toy_flows.a" not in desk.origins


def test_removing_what_is_not_there(toy: Any) -> None:
    toy.write("/group_vars/all.yml", f"toy_flows: [{FLOW % ('ntp', 1)}]\n")
    toy.write("waivers.yml", waiver(values="{toy_flows: [{name: npt, remove: true}]}"))
    wanted = "expected a known entry to remove; did you mean ntp?, read npt"
    assert toy.problems() == [f"waivers.yml:1: toy_flows.npt: {wanted}"]


def test_mistakes_beside_a_removal_keep_their_place(toy: Any) -> None:
    values = "{toy_flows: [{name: a, remove: true}, %s]}" % (FLOW % ("b", 0))
    toy.write("/group_vars/all.yml", f"toy_flows: [{FLOW % ('a', 1)}]\n")
    toy.write("waivers.yml", waiver(values=values))
    (line,) = toy.problems()
    assert line.startswith("waivers.yml:1: toy_flows.1.ports.0: expected a port")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (waiver(control="toy-lok"), ["waivers.0.control: expected a known control; did you mean toy-lock?, read toy-lok"]),
        (waiver(hosts="[desc]"), ["waivers.0.hosts.0: expected a known host or group; did you mean desk?, read desc"]),
        (waiver(hosts="[]"), ["waivers.0.hosts: expected a list of 1 item or more, each text, read []"]),
        (waiver(values="{toy_idle: 901}"), ["toy_idle: expected a whole number from 10 to 900, read 901"]),
        (waiver(values="{toy_idel: 1}"), ["waivers.0.set.toy_idel: expected a known setting of the room toy; did you mean toy_idle?"]),
        (waiver(values="{ansible_port: 1}"), ["waivers.0.set.ansible_port: expected a known setting of the room toy: toy_allowed, toy_banned, toy_flows, toy_idle, toy_label, toy_length, toy_level, toy_lock, toy_password, toy_peers, toy_ratio, toy_remote"]),
        (waiver(values="{toy_password: hunter2}"), ["waivers.0.set.toy_password: expected no secret in a waiver, read ••••"]),
        (waiver(values="3"), ["waivers.0.set: expected a mapping, read 3"]),
        (waiver().replace("reason: why, ", ""), ["waivers.0: expected the key reason (text of 3 characters or more)"]),
        (waiver().replace("compensating: what", "compensating: ''"), ['waivers.0.compensating: expected text of 3 characters or more, read ""']),
        (waiver().replace("2027-05-31", "2027-11-24"), ["waivers.0.until: expected a date up to 2027-11-23, a year at most, read 2027-11-24"]),
        (waiver().replace("2027-05-31", "next year"), ['waivers.0.until: expected a date, read "next year"']),
        (waiver().replace("2027-05-31", "2027-05-31T10:00:00"), ["0.until: expected a date such as 2027-05-31, or text in quotes (YAML reads 2027-05-31 10:00:00 here), read 2027-05-31T10:00:00"]),
        (waiver().replace("set:", "sett:"), ["waivers.0.sett: expected a known key; did you mean set?"]),
        (waiver() * 2, ["waivers: expected one waiver for toy-lock on desk; line 1 has it", "waivers: expected one waiver for toy_idle on desk; line 1 has it"]),
        (waiver() + waiver(control="toy-open", hosts="[workstations]"), ["waivers: expected one waiver for toy_idle on desk; line 1 has it"]),
        ("- 3\n", ["waivers.0: expected a mapping with control, hosts, set, reason, compensating, approved_by, until, read 3"]),
    ],
)  # fmt: skip
def test_refused(toy: Any, text: str, expected: list[str]) -> None:
    toy.write("waivers.yml", text)
    assert [line.partition(": ")[2] for line in toy.problems()] == expected
    assert {line.split(":")[0] for line in toy.problems()} == {"waivers.yml"}


def test_what_the_region_accepts(toy: Any) -> None:
    """The region loosens a default as a practice does: with a reason, an approver and an end."""
    file = toy.write("/group_vars/waivers.yml", waiver(hosts="[workstations]"))
    practice = toy.load()
    (one,) = practice.waivers
    assert (one.region, one.hosts, one.approved_by) == (True, ("desk", "lab"), "who")
    desk, lab, store = practice.hosts.values()
    assert [host.settings["toy_idle"] for host in (desk, lab, store)] == [600, 600, 300]
    assert desk.origins["toy_idle"] == Origin("region waiver", file, 1)
    assert desk.waiver("toy-lock") is not None
    assert store.waivers == ()


def test_a_practice_that_stays_stricter_needs_no_waiver_of_the_region(toy: Any) -> None:
    toy.write("/group_vars/waivers.yml", waiver(hosts="[workstations]"))
    toy.write("host_vars/desk.yml", "toy_idle: 30\n")
    practice = toy.load()
    assert practice.hosts["desk"].settings["toy_idle"] == 30
    assert practice.hosts["desk"].waivers == ()
    assert practice.waivers[0].hosts == ("lab",)
    toy.write("host_vars/desk.yml", "toy_idle: 700\n")
    wanted = "toy_idle: expected 600 or less (region waiver), read 700"
    assert toy.problems() == [f"host_vars/desk.yml:1: {wanted}"]


def test_what_the_region_accepted_ends(toy: Any) -> None:
    toy.write("/group_vars/waivers.yml", waiver(hosts="[all]"))
    desk = toy.load(today=date(2027, 6, 1)).hosts["desk"]
    assert desk.settings["toy_idle"] == 300
    assert desk.waivers[0].expired(date(2027, 6, 1))


def test_the_region_accepts_for_its_groups_alone(toy: Any) -> None:
    toy.write("/group_vars/waivers.yml", waiver(hosts="[desk]"))
    (line,) = toy.problems()
    start = "group_vars/waivers.yml:1: waivers.0.hosts.0: expected a known group of the region"
    assert line.startswith(start)


def test_the_region_gives_no_reason(toy: Any) -> None:
    toy.write("/group_vars/waivers.yml", waiver(hosts="[all]").replace("reason: why, ", ""))
    (line,) = toy.problems()
    assert line.startswith("group_vars/waivers.yml:1: waivers.0: expected the key reason")


def test_advice_to_a_region_that_loosens_a_default(toy: Any) -> None:
    file = toy.write("/group_vars/workstations.yml", "toy_idle: 600\n")
    with pytest.raises(BadPractice) as caught:
        toy.load()
    (problem,) = caught.value.problems
    first, stanza = problem.advice.split("\n", 1)
    assert first == "To be weaker, write this in group_vars/waivers.yml instead:"
    file.unlink()
    toy.write("/group_vars/waivers.yml", stanza.replace('""', '"written"'))
    assert toy.load().hosts["desk"].settings["toy_idle"] == 600
