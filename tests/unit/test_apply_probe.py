"""The probe's answer: read as it is, and refused as a whole where it is anything else."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socle.apply.probe import Observed, ObservedFile, parse

RECORDED = {
    path.stem: path.read_text(encoding="utf-8").splitlines()
    for path in sorted((Path(__file__).parent / "data/probe").glob("*.txt"))
}
"""Shortened answers of machines of the lab."""
GARBAGE = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n"), max_size=40)
thoroughly = settings(database=None, derandomize=True, deadline=None, max_examples=300)


@st.composite
def spoiled(draw):
    """A real answer, then: lines cut, lost, doubled, swapped, fields lost, doubled, replaced."""
    lines = list(RECORDED[draw(st.sampled_from(sorted(RECORDED)))])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        words = lines[at].split(" ")
        field = draw(st.integers(0, len(words) - 1))
        lines[at : at + 1] = {
            "cut": [lines[at][: draw(st.integers(0, len(lines[at])))]],
            "lost": [],
            "double": [lines[at]] * 2,
            "swap": [" ".join(reversed(words))],
            "less": [" ".join(words[:field] + words[field + 1 :])],
            "more": [" ".join([*words[:field], words[field], *words[field:]])],
            "replace": [" ".join([*words[:field], draw(GARBAGE), *words[field + 1 :]])],
            "other": [draw(GARBAGE)],
            "borrow": [
                " ".join([words[0], *lines[draw(st.integers(0, len(lines) - 1))].split(" ")])
            ],
        }[draw(st.sampled_from(KINDS))]
        lines = lines or ["end"]
    return lines


KINDS = ("cut", "lost", "double", "swap", "less", "more", "replace", "other", "borrow")


@pytest.mark.parametrize("name", RECORDED)
def test_a_real_answer_is_read(name):
    seen = parse(RECORDED[name])
    assert (seen.client, seen.port) == ("10.77.40.1", 22)
    assert "nftables" in seen.packages
    assert seen.units["ssh.service"] == "active"
    assert seen.unit_files["socle-firewall.service"] == "enabled"
    assert seen.files["/etc/socle/firewall.nft"].mode == "600"
    assert seen.files["/etc/socle/firewall.nft"].content.startswith(b"#!/usr/sbin/nft -f")
    assert seen.rooms["updates"]


@given(spoiled())
@thoroughly
def test_whatever_is_spoiled_there_is_an_answer_or_the_one_error(lines):
    try:
        seen = parse(lines)
    except ValueError as error:
        assert len(str(error)) < 200  # noqa: PT017 - no error is as good
    else:
        assert isinstance(seen, Observed)
        assert (seen.client is None) == (seen.port is None)


@given(st.lists(GARBAGE, max_size=5))
@thoroughly
def test_anything_else_is_refused(lines):
    with pytest.raises(ValueError, match=r"^the probe"):
        parse([*lines, "end"])


@pytest.mark.parametrize(
    ("record", "refused"),
    [
        ("connection 10.0.0.9 1 10.0.0.1 ssh", "the probe names no connection: 10.0.0.9 1 10.0"),
        ("connection somebody 1 10.0.0.1 22", "the probe names no connection: somebody"),
        ("connection 10.0.0.9 1 10.0.0.1", "the probe names no connection"),
        ("connection 10.0.0.9 1 10.0.0.1 70000", "the probe names no port: 70000"),
        ("connection \nconnection ", "the probe names no connection, or several"),
        ("", "the probe does not answer: "),
        ("connection \nfile /etc/toy file 644 root", "the probe does not answer: file /etc/toy"),
        ("connection \nfile /x file 644 root domain users =", "the probe does not name a file's"),
        ("connection \nfile /x file 644 root root =***", "Only base64 data is allowed"),
        ("connection \nsurprise", "the probe does not answer: surprise"),
    ],
)
def test_a_record_that_lies_or_lacks_something_is_refused(record, refused):
    with pytest.raises(ValueError, match=re.escape(refused)) as caught:
        parse([*record.split("\n"), "end"])
    assert str(caught.value).startswith(refused)


def test_an_answer_that_ends_early_is_refused():
    whole = ["connection ", "package bash ii ", "end"]
    assert parse(whole) == Observed(packages=frozenset({"bash"}))
    for cut in range(len(whole)):
        with pytest.raises(ValueError, match="incomplete"):
            parse(whole[:cut])


def test_what_is_on_the_host_is_told_apart():
    seen = parse([
        "connection fe80::1%host0 40000 fe80::2%host0 22",
        "guard armed",
        "file /etc/link other - - - -",
        "file /etc/secret file 600 root root unreadable",
        "file /etc/toy file 644 root root =dG95Cg==",
        "package gone rc ",
        "unitfile a.service masked",
        "unit a.service inactive",
        "room toy  two  blanks\u2028and a strange line",
        "room toy",
        "end",
    ])  # fmt: skip
    assert seen == Observed(
        client="fe80::1%host0",
        port=22,
        guard_armed=True,
        files={
            "/etc/link": ObservedFile("other", "-", "-", "-"),
            "/etc/secret": ObservedFile("file", "600", "root", "root"),
            "/etc/toy": ObservedFile("file", "644", "root", "root", b"toy\n"),
        },
        unit_files={"a.service": "masked"},
        units={"a.service": "inactive"},
        rooms={"toy": (" two  blanks\u2028and a strange line", "")},
    )
