"""The register of flows: rows, Markdown, terminal and drawing."""

import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from socle.baseline.model import Connection, Host, Practice
from socle.commands.flows import flows
from socle.report.flowmap import WIDTH
from socle.report.flows import COLUMNS, as_markdown, as_svg, as_table, cell, register
from socle.report.labels import HOUSE
from socle.report.svg import measure, wrap
from socle.report.typography import NBSP, THIN, count, typeset

ROOT = Path(__file__).parent / "data/flows"
SVG = "{http://www.w3.org/2000/svg}"


def flow(name, peers, *, ports=("443",), ipv4=(), purpose="Pour l'essai", asked_by=None):
    return {
        "name": name,
        "protocol": "tcp",
        "ports": list(ports),
        "any": "any" in peers,
        "ipv4": list(ipv4),
        "ipv6": [],
        "peers": list(peers),
        "purpose": purpose,
        "asked_by": asked_by,
    }


def practice(machines):
    """``machines``: name -> (groups, inbound, outbound)."""
    hosts, groups = {}, {}
    for name, (own, inbound, outbound) in machines.items():
        flows = {"doors_inbound": inbound, "doors_outbound": outbound}
        hosts[name] = Host(name, ("all", *own), (), Connection("ssh", name), flows)
        for group in ("all", *own):
            groups[group] = (*groups.get(group, ()), name)
    return Practice("demo", Path("/x"), ROOT, hosts, groups, ())


@pytest.fixture
def cabinet():
    web = flow("web", ["any"])
    view = flow("vue", ["imagerie"], ports=["8443"], ipv4=["10.0.0.10"], asked_by="Dr N.")
    return practice(
        {
            "accueil": (("workstations",), [], [web, view]),
            "medecin": (("workstations",), [], [web, view]),
            "imagerie": (
                ("servers",),
                [
                    flow("vue", ["workstations"], ipv4=["10.0.0.21", "10.0.0.22"]),
                    flow("echo", ["10.0.0.40"], ipv4=["10.0.0.40"], purpose="<script> | *DICOM*"),
                ],
                [web],
            ),
        }
    )


def test_a_flow_that_several_hosts_carry_is_one_row(cabinet):
    rows = register(cabinet)
    assert [(row["direction"], row["name"], row["hosts"]) for row in rows] == [
        ("in", "vue", ["imagerie"]),
        ("in", "echo", ["imagerie"]),
        ("out", "web", ["accueil", "medecin", "imagerie"]),
        ("out", "vue", ["accueil", "medecin"]),
    ]
    assert rows[2]["peers"] == ["any"]
    assert rows[2]["addresses"] == []
    assert set(rows[0]) == {
        *("name", "direction", "protocol", "ports", "hosts", "users"),
        *("peers", "addresses", "purpose", "asked_by"),
    }


def test_a_flow_that_some_accounts_alone_may_use_says_so():
    web = flow("web", ["any"])
    rows = register(practice({"a": ((), [], [web, web | {"users": ["root", "clamav"]}])}))
    assert [row["users"] for row in rows] == [[], ["root", "clamav"]], "not the same flow"
    assert [cell(row, "hosts", "en", HOUSE) for row in rows] == ["a", "a (accounts: root, clamav)"]
    before = {key: value for key, value in rows[0].items() if key != "users"}
    assert cell(before, "hosts", "en", HOUSE) == "a", "of a report that was kept before"


def test_addresses_of_the_hosts_are_united():
    rows = register(
        practice(
            {
                "a": ((), [flow("x", ["all"], ipv4=["10.0.0.2"])], []),
                "b": ((), [flow("x", ["all"], ipv4=["10.0.0.1"])], []),
            }
        )
    )
    assert [row["addresses"] for row in rows] == [["10.0.0.2", "10.0.0.1"]]


def test_a_set_that_means_every_address_says_so():
    wide = flow("x", ["partout"]) | {"any": True, "ipv4": ["0.0.0.0/0"]}
    (row,) = register(practice({"a": ((), [wide], [])}))
    assert row["peers"] == ["any", "partout"]
    assert row["addresses"] == []


def test_a_practice_without_a_room_for_flows_has_no_flows():
    host = Host("a", ("all",), (), Connection("ssh", "a"))
    empty = Practice("demo", Path("/x"), Path("/x"), {"a": host}, {"all": ("a",)}, ())
    assert register(empty) == []
    ET.fromstring(as_svg([], empty))


def test_markdown_keeps_text_as_text(cabinet):
    lines = as_markdown(register(cabinet)).splitlines()
    assert len(lines) == 2 + 4
    assert all(line.replace("\\|", "").count("|") == len(COLUMNS) + 1 for line in lines)
    assert "&lt;script> \\| \\*DICOM\\*" in lines[3]
    assert "Direction" in as_markdown([], "en")


def test_table_prints_brackets_as_they_are(cabinet):
    rows = [*register(cabinet)]
    rows[0] = rows[0] | {"purpose": "[bold]mot[/bold]"}
    console = Console(width=220, record=True, file=StringIO())
    console.print(as_table(rows))
    assert "[bold]mot[/bold]" in console.export_text()


def test_drawing_is_one_file_with_each_flow_once(cabinet):
    drawing = as_svg(register(cabinet), cabinet)
    root = ET.fromstring(drawing)
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert sorted(title.split(" ")[0] for title in titles) == ["echo", "vue", "vue", "web"]
    assert "<script" not in drawing
    assert "prefers-color-scheme: dark" in drawing
    assert "url(" not in drawing
    assert "<image" not in drawing


def test_drawing_is_its_owners_alone(tmp_path):
    file = tmp_path / "flows.svg"
    assert flows(Path(__file__).parents[2] / "inventories/demo", svg=file) == 0
    assert (ET.parse(file).getroot().tag, file.stat().st_mode & 0o777) == (f"{SVG}svg", 0o600)


def test_drawing_grows_with_flows_not_with_hosts():
    def height(hosts, flows):
        out = [flow(f"f{i}", ["any" if i % 2 else "box"]) for i in range(flows)]
        crowd = practice({f"h{i}": ((), [], out) for i in range(hosts)})
        return float(ET.fromstring(as_svg(register(crowd), crowd)).get("viewBox").split()[3])

    assert height(12, 20) == height(7, 20)
    assert height(12, 20) < 60 * 20


def test_every_box_and_text_stays_inside_the_drawing():
    long = "Télétransmission des feuilles de soins, réglée par l'éditeur du logiciel médical"
    names = [f"une-machine-au-nom-long-{i}" for i in range(9)]
    out = [flow("x", ["un-pair-au-nom-extremement-long.exemple"], purpose=long, ports=range(40))]
    crowd = practice({name: ((), [], out) for name in names})
    for text in ET.fromstring(as_svg(register(crowd), crowd)).iter(f"{SVG}text"):
        assert measure(text.text, 12) < 220
        assert 0 <= float(text.get("x")) <= WIDTH


def test_wrap_cuts_only_when_told():
    assert wrap("un deux trois", 40, 12) == ["un", "deux", "trois"]
    assert wrap("un deux trois quatre", 60, 12, most=1)[0].endswith("…")
    assert wrap("", 60, 12) == [""]


def test_french_typography():
    assert typeset("l'heure : 1 200 s ?", "fr") == f"l\u2019heure{NBSP}: 1{THIN}200{THIN}s{THIN}?"
    assert typeset("« oui »", "fr") == f"«{NBSP}oui{NBSP}»"
    assert typeset("it's 1 200: yes", "en") == "it\u2019s 1 200: yes"
    assert [count("{n} jour|{n} jours", n, "fr") for n in (0, 1, 2)] == [
        "0 jour",
        "1 jour",
        "2 jours",
    ]
    assert count("{n} day|{n} days", 0, "en") == "0 days"
