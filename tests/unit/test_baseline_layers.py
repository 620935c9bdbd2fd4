"""Layers: the region sets, a practice tightens, and every mistake is said at once."""
# ruff: noqa: E501 - whole messages, each on its line

from typing import Any

import pytest

from socle.baseline.model import Origin
from socle.errors import BadPractice

FLOW = "{{name: {}, direction: out, protocol: udp, ports: [{}], peers: [any], purpose: why}}"


def flow(name: str, port: int = 1) -> str:
    return FLOW.format(name, port)


def test_defaults(toy: Any) -> None:
    host = toy.load().hosts["desk"]
    assert host.settings["toy_idle"] == 300
    assert host.origins["toy_idle"] == Origin("default")
    assert list(host.settings) == [
        *("toy_idle", "toy_length", "toy_lock", "toy_remote", "toy_allowed", "toy_banned"),
        *("toy_level", "toy_label", "toy_ratio", "toy_peers", "toy_flows", "toy_password"),
        "toy_reached",
    ]
    assert host.derived == {"toy_reached"}
    assert host.origins["toy_reached"] == Origin("computed")


def test_order_of_the_layers(toy: Any) -> None:
    """Each layer tightens; taken away one by one from the top, the next one shows."""
    layers = [
        ("host desk", toy.write("host_vars/desk.yml", "toy_idle: 20\n"), 1),
        ("practice workstations", toy.write("group_vars/workstations.yml", "toy_idle: 40\n"), 1),
        ("practice all", toy.write("group_vars/all.yml", "toy_idle: 60\n"), 1),
        ("region workstations", toy.write("/group_vars/workstations.yml", "toy_idle: 90\n"), 1),
        ("region all", toy.write("/group_vars/all.yml", "---\ntoy_idle: 200\n"), 2),
    ]
    for layer, file, line in layers:
        host = toy.load().hosts["desk"]
        assert host.origins["toy_idle"] == Origin(layer, file, line)
        file.unlink()
    assert toy.load().hosts["desk"].settings["toy_idle"] == 300


def test_inline_variables_are_layers_too(toy: Any) -> None:
    toy.write(
        "hosts.yml",
        """
        all:
          vars: {toy_idle: 250}
          children:
            workstations:
              vars: {toy_idle: 200}
              hosts:
                desk: {toy_idle: 100}
                lab:
        """,
    )
    hosts = toy.load().hosts
    assert hosts["desk"].settings["toy_idle"] == 100
    assert hosts["desk"].origins["toy_idle"] == Origin("host desk", toy.folder / "hosts.yml", 7)
    assert hosts["lab"].settings["toy_idle"] == 200
    toy.write("host_vars/desk.yml", "toy_idle: 50\n")
    assert toy.load().hosts["desk"].settings["toy_idle"] == 50


def test_the_region_may_override_itself(toy: Any) -> None:
    toy.write("/group_vars/all.yml", f"toy_idle: 20\ntoy_flows: [{flow('a', 1)}]\n")
    toy.write("/group_vars/servers.yml", f"toy_idle: 200\ntoy_flows: [{flow('a', 2)}]\n")
    settings = toy.load().hosts["store"].settings
    assert settings["toy_idle"] == 200
    assert [entry["ports"] for entry in settings["toy_flows"]] == [[2]]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("toy_idle: 301", "toy_idle: expected 300 or less (default), read 301"),
        ("toy_length: 7", "toy_length: expected 8 or more (default), read 7"),
        ("toy_lock: false", "toy_lock: expected true (default), read false"),
        ("toy_remote: true", "toy_remote: expected false (default), read true"),
        ("toy_allowed: [a, d]", 'toy_allowed: expected nothing beyond ["a", "b", "c"] (default), read ["a", "d"]'),
        ("toy_banned: []", 'toy_banned: expected all of ["x"] (default), read []'),
        ("toy_level: weak", 'toy_level: expected one of: medium, strict (default), read "weak"'),
    ],
)  # fmt: skip
def test_practice_and_region_may_only_tighten(toy: Any, written: str, expected: str) -> None:
    file = toy.write("group_vars/all.yml", f"---\n{written}\n")
    assert toy.problems() == [f"group_vars/all.yml:2: {expected}"]
    file.unlink()
    toy.write("/group_vars/all.yml", f"{written}\n")
    assert toy.problems() == [f"group_vars/all.yml:1: {expected}"]


def test_practice_layers_tighten_each_other(toy: Any) -> None:
    toy.write("group_vars/all.yml", "toy_idle: 100\n")
    toy.write("host_vars/desk.yml", "toy_idle: 200\n")
    line = "host_vars/desk.yml:1: toy_idle: expected 100 or less (practice all), read 200"
    assert toy.problems() == [line]


def test_advice_is_the_waiver_to_write(toy: Any) -> None:
    toy.write("host_vars/desk.yml", "toy_idle: 600\n")
    with pytest.raises(BadPractice) as caught:
        toy.load()
    (problem,) = caught.value.problems
    assert problem.advice.splitlines() == [
        "To be weaker, write this in waivers.yml:",
        "- control: toy-lock  # or: toy-open",
        "  hosts: [desk]",
        "  set: {toy_idle: 600}",
        '  reason: ""  # why the practice cannot do without',
        '  compensating: ""  # what protects instead',
        '  approved_by: ""  # who accepts the risk: the controller',
        "  until: 2027-11-22",
    ]
    stanza = problem.advice.partition("\n")[2].replace('""', '"written"')
    toy.write("waivers.yml", stanza)
    (toy.folder / "host_vars/desk.yml").unlink()
    assert toy.load().hosts["desk"].settings["toy_idle"] == 600


def test_keyed_lists(toy: Any) -> None:
    region = toy.write("/group_vars/all.yml", f"toy_flows:\n  - {flow('a')}\n  - {flow('b')}\n")
    practice = toy.write("group_vars/all.yml", f"toy_flows:\n  - {flow('c')}\n  - {flow('a')}\n")
    host = toy.write("host_vars/desk.yml", f"toy_flows: [{flow('d')}]\n")
    found = toy.load().hosts["desk"]
    assert [entry["name"] for entry in found.settings["toy_flows"]] == ["a", "b", "c", "d"]
    assert found.origins["toy_flows.a"] == Origin("region all", region, 2)
    assert found.origins["toy_flows.b"] == Origin("region all", region, 3)
    assert found.origins["toy_flows.c"] == Origin("practice all", practice, 2)
    assert found.origins["toy_flows.d"] == Origin("host desk", host, 1)
    assert found.settings["toy_reached"] == {"a": [], "b": [], "c": [], "d": []}


def test_a_region_entry_cannot_be_replaced(toy: Any) -> None:
    toy.write("/group_vars/all.yml", f"toy_flows: [{flow('a', 1)}]\n")
    toy.write("group_vars/all.yml", f"toy_flows:\n  - {flow('b')}\n  - {flow('a', 2)}\n")
    wanted = 'expected this entry unchanged: {"ports": [1]} (region all), read {"ports": [2]}'
    assert toy.problems() == [f"group_vars/all.yml:3: toy_flows.a: {wanted}"]


def test_a_region_entry_cannot_be_removed(toy: Any) -> None:
    toy.write("/group_vars/all.yml", f"toy_flows: [{flow('a', 1)}]\n")
    toy.write("group_vars/all.yml", "toy_flows: [{name: a, remove: true}]\n")
    wanted = "a waiver that removes this entry, in waivers.yml"
    assert toy.problems() == [f"group_vars/all.yml:1: toy_flows.0.remove: expected {wanted}"]


def test_an_entry_twice_in_a_file(toy: Any) -> None:
    toy.write("group_vars/all.yml", f"toy_flows:\n  - {flow('a', 1)}\n  - {flow('a', 1)}\n")
    wanted = 'expected each name once in a file, read "a"'
    assert toy.problems() == [f"group_vars/all.yml:3: toy_flows.1.name: {wanted}"]


def test_everything_wrong_at_once(toy: Any) -> None:
    toy.write("/group_vars/all.yml", "toy_idle: '30'\ntoy_idel: 3\nansible_port: 2\n")
    toy.write("group_vars/all.yml", "toy_level: hard\ntoy_reached: {}\ntoy_ratio: [1]\n")
    toy.write("group_vars/printers.yml", "")
    toy.write("host_vars/desc.yml", "")
    toy.write("host_vars/lab.yaml", "")
    toy.write("host_vars/store.yml", "- toy_idle\n")
    toy.write("waiver.yml", "")
    toy.write("waivers.yml", "a: 1\n")
    assert toy.problems() == [
        "group_vars/all.yml:1: toy_idle: expected a whole number from 10 to 900, read \"30\"",
        "group_vars/all.yml:2: toy_idel: expected a known setting; did you mean toy_idle?",
        "group_vars/all.yml:3: ansible_port: expected connection variables in a practice, not in the region",
        'group_vars/all.yml:1: toy_level: expected one of: weak, medium, strict, read "hard"',
        "group_vars/all.yml:2: toy_reached: expected nothing: it is computed, do not set it",
        "group_vars/all.yml:3: toy_ratio: expected a number or null, read [1]",
        "group_vars/printers.yml:0: file name: expected a known group of hosts.yml: all, backup_servers, imaging_servers, servers, workstations, read printers",
        "host_vars/desc.yml:0: file name: expected a known host of hosts.yml; did you mean desk?, read desc",
        "host_vars/lab.yaml:0: file name: expected files NAME.yml only, read lab.yaml",
        "host_vars/store.yml:1: file: expected a mapping of settings, read [\"toy_idle\"]",
        "waiver.yml:0: file name: expected a known file of a practice; did you mean waivers.yml?, read waiver.yml",
        'waivers.yml:1: waivers: expected a list of waivers, read {"a": 1}',
    ]  # fmt: skip


def test_nested_mistakes(toy: Any) -> None:
    toy.write(
        "group_vars/all.yml",
        """
        toy_flows:
          - name: a
            direction: sideways
            protocol: tcp
            ports:
              - 22
              - 70000
            peers: [any]
            porpose: x
        toy_peers: {box: 192.168.1.1}
        toy_allowed: a
        """,
    )
    port = 'a port from 1 to 65535, or a range of at most 1000 ports such as "6000-6010"'
    assert toy.problems() == [
        "group_vars/all.yml:2: toy_flows.0: expected the key purpose (text of 3 characters or more)",
        'group_vars/all.yml:3: toy_flows.0.direction: expected one of: in, out, read "sideways"',
        f"group_vars/all.yml:7: toy_flows.0.ports.1: expected {port}, read 70000",
        "group_vars/all.yml:9: toy_flows.0.porpose: expected a known key; did you mean purpose?",
        'group_vars/all.yml:10: toy_peers.box: expected a list, each text, read "192.168.1.1"',
        'group_vars/all.yml:11: toy_allowed: expected a list, each text, read "a"',
    ]


def test_what_rooms_refuse_has_file_and_line(toy: Any) -> None:
    toy.write("group_vars/all.yml", f"toy_flows:\n  - {flow('z')}\n")
    toy.write(
        "host_vars/desk.yml",
        """
        toy_flows:
          - name: a
            direction: out
            protocol: udp
            ports: [1]
            purpose: why
            peers:
              - any
              - desc
        """,
    )
    (line,) = toy.problems()
    assert line.startswith("host_vars/desk.yml:9: toy_flows.a.peers.1: expected an address,")
    assert line.endswith('did you mean desk?, read "desc"')


def test_validators_of_the_class_see_resolved_values(toy: Any) -> None:
    toy.write("host_vars/desk.yml", "toy_label: strict\ntoy_level: strict\n")
    assert toy.problems() == ["hosts.yml:7: desk: expected a label other than the level"]


def test_a_setting_without_default(toy: Any) -> None:
    text = (toy.root / "roles/toy/settings.py").read_text()
    toy.write("/roles/toy/settings.py", text.replace('neutral()] = "none"', "neutral()]"))
    toy.write("group_vars/workstations.yml", "toy_label: x\n")
    wanted = "expected a value of toy_label, in group_vars/ or host_vars/"
    assert toy.problems() == [f"hosts.yml:11: store: {wanted}"]


def test_follow_up_complaints_wait_for_readable_files(toy: Any) -> None:
    toy.write("group_vars/all.yml", "toy_peers: {box: [192.0.2.9]\n")
    toy.write(
        "host_vars/desk.yml",
        "toy_flows: [{name: a, direction: in, protocol: tcp, ports: [1], peers: [box], purpose: why}]\n",
    )
    (line,) = toy.problems()
    assert line.startswith("group_vars/all.yml:2: file: expected valid YAML")
