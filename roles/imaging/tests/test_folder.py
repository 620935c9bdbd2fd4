"""Orthanc's folder of settings: merged as Orthanc does it, changed where a key stands."""

from __future__ import annotations

import pytest
from imaging.errors import Trouble
from imaging.folder import OWN, File, merged, planned, same
from imaging.jsonc import Raw, dump, members
from imaging.wish import Wish

STOCK = """{
  /**
   * General configuration of Orthanc
   **/
  "Name" : "Cabinet", // the doctor's words
  "DicomPort" : 4242,
  "Plugins" : [ "/usr/share/orthanc/plugins/", ],
  "DicomModalities" : {
    // "sample" : [ "STORESCP", "127.0.0.1", 2000 ]
  }
}
"""


def values(text: str) -> dict:
    return {one.key: one.value for one in members(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, /* b */ "b": [true, null, "//no"],}', {"a": 1, "b": [True, None, "//no"]}),
        ('\ufeff// first\n{"a": "é\\u00e9"}', {"a": "éé"}),
        ('{"a": {"b": {"c": -1.5e3}}}', {"a": {"b": {"c": -1500.0}}}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("{}", {}),
    ],
)
def test_what_orthanc_reads_is_read(text, expected):
    assert values(text) == expected


def test_variables_are_left_to_orthanc():
    found = values('{"HttpPort": ${PORT:-8042}, "DicomAet": "${AET}"}')
    assert found == {"HttpPort": "${PORT:-8042}", "DicomAet": "${AET}"}
    assert isinstance(found["HttpPort"], Raw)
    assert dump(found) == '{\n  "HttpPort": ${PORT:-8042},\n  "DicomAet": "${AET}"\n}'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": 1}\n} garbage', 2),
        ('{\n"a": 1\n"b": 2}', 3),
        ('{"a": }', 1),
        ('{"a": "open', 1),
        ("{\n/* never closed", 2),
        ("[1, 2]", 1),
        ("{'a': 1}", 1),
        ('{"a": tru}', 1),
        ("", 1),
        ('{"a": ' + "[" * 5000, 1),
    ],
)
def test_what_is_no_such_json_is_refused_with_its_line(text, line):
    with pytest.raises(Trouble, match=f"line {line}"):
        members(text)


def test_a_key_is_changed_where_it_stands_and_nothing_else():
    changed = planned([File("orthanc.json", STOCK)], {"DicomPort": 2762, "HttpVerbose": False})
    assert changed["orthanc.json"] == STOCK.replace("4242", "2762")
    assert values(changed[OWN]) == {"HttpVerbose": False}


def test_a_second_look_finds_nothing_to_change():
    files = [File("orthanc.json", STOCK)]
    wish = {"DicomPort": 2762, "DicomModalities": {"us": {"AET": "US"}}, "HttpVerbose": False}
    changed = planned(files, wish)
    again = [File(name, text) for name, text in changed.items()]
    assert planned(again, wish) == {}
    assert merged(again)["Plugins"] == ["/usr/share/orthanc/plugins/"]


def test_a_key_that_the_practice_takes_over_leaves_our_own_file():
    own = File(OWN, planned([], {"HttpPort": 8042})[OWN])
    theirs = File("cabinet.json", '{"HttpPort": 9000} ')
    changed = planned([theirs, own], {"HttpPort": 8042})
    assert changed["cabinet.json"] == '{"HttpPort": 8042} '
    assert values(changed[OWN]) == {}


def test_a_key_in_two_files_is_refused_with_both_names():
    files = [File("a.json", '{"HttpPort": 1}'), File("b.json", '{"HttpPort": 1}')]
    with pytest.raises(Trouble, match=r"HttpPort stands in a\.json and in b\.json"):
        planned(files, {"DicomPort": 2762})


def test_a_bad_file_is_named():
    with pytest.raises(Trouble, match=r"plugin\.json, line 1"):
        merged([File("plugin.json", '{"a"}')])


@pytest.mark.parametrize(("one", "other"), [(True, 1), (2, "2"), (2, 2.0), (None, False)])
def test_orthanc_tells_types_apart(one, other):
    assert not same(one, other)


def wish(**other) -> Wish:
    given = {
        "settings": {"DicomModalities": {"us": {"AET": "US"}}, "DicomTlsMinimumProtocolVersion": 0},
        "accounts": {"socle": "mot-de-passe-fictif-1"},
        "https_port": 8443,
        "names": ("imagerie",),
        "certificate": None,
        "key": None,
        "trusted": (),
        "folders": ("/var/lib/orthanc",),
    }
    return Wish(**(given | other))


def test_an_older_orthanc_does_not_get_keys_that_it_would_ignore():
    assert "DicomTlsMinimumProtocolVersion" not in wish().for_orthanc((1, 10, 1), {}, set())
    assert "DicomTlsMinimumProtocolVersion" in wish().for_orthanc((1, 12, 7), {}, set())


def test_devices_of_the_practice_are_kept_and_ours_go_when_no_longer_declared():
    there = {"DicomModalities": {"theirs": ["T", "10.0.0.1", 104], "former": {}, "us": {}}}
    found = wish().for_orthanc((1, 12, 7), there, {"former", "us"})
    assert found["DicomModalities"] == {"theirs": ["T", "10.0.0.1", 104], "us": {"AET": "US"}}


@pytest.mark.parametrize("folder", ["/srv/images", "/var/lib/orthanc-2"])
def test_a_folder_that_the_confinement_would_close_is_refused(folder):
    with pytest.raises(Trouble, match="imaging_folders"):
        wish().refuse_folders({"StorageDirectory": folder})
    wish(folders=(folder,)).refuse_folders({"StorageDirectory": folder, "IndexDirectory": folder})
