"""Units as systemd merged them: what a drop-in changes is seen, whatever else stands there."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socle.machine import units
from socle.machine.units import Setting, read, settings_of

DATA = Path(__file__).parent / "data/apt"
REAL = {path.stem: json.loads(path.read_text())["units"] for path in DATA.glob("*.json")}
DROP_IN = "/etc/systemd/system/apt-daily-upgrade.service.d/zz.conf"


def with_drop_in(text):
    """A real unit of Debian 13 with one more drop-in."""
    asked = REAL["trixie"]
    shown = asked["show"].replace(
        "upgrade.service.d/socle.conf", f"upgrade.service.d/socle.conf {DROP_IN}"
    )
    return read({"show": shown, "files": asked["files"] | {DROP_IN: text}})[
        "apt-daily-upgrade.service"
    ]


@pytest.mark.parametrize("release", sorted(REAL))
def test_real_units_are_read(release):
    found = read(REAL[release])
    service, timer = found["apt-daily-upgrade.service"], found["apt-daily-upgrade.timer"]
    assert service.commands() == ["/usr/lib/apt/apt.systemd.daily install"]
    assert service.commands("ExecStartPre") == ["-/usr/lib/apt/apt-helper wait-online"]
    assert service.fragment.endswith("/lib/systemd/system/apt-daily-upgrade.service")
    assert timer.value("Unit") == "apt-daily-upgrade.service"
    assert not service.unread
    assert Setting("Timer", "RandomizedDelaySec", "0") in [one for _, one in timer.added]


@pytest.mark.parametrize(
    ("line", "weightless"),
    [
        ("Nice=19", True),
        ("StandardOutput=journal", True),
        ("ExecStopPost=-/usr/bin/logger done", True),
        ("ExecStopPost=/usr/bin/logger done", False),
        ("ExecStopPost=", False),
        ('Environment="http_proxy=http://proxy:3128" no_proxy=localhost', True),
        ("Environment=APT_CONFIG=/tmp/x", False),
        ("Environment=", False),
        ("ExecStart=/bin/true", False),
        ("ExecCondition=/bin/false", False),
        ("User=nobody", False),
        ("RootDirectory=/srv", False),
        ("TimeoutStartSec=1", False),
    ],
)
def test_a_drop_in_may_change_how_a_unit_runs_not_what_nor_whether(line, weightless):
    added = dict(with_drop_in(f"[Service]\n{line}\n").added)
    assert added[DROP_IN].weightless is weightless


def test_conditions_and_other_units_are_no_trifles():
    text = "[Unit]\nConditionPathExists=/nonexistent\n[Timer]\nUnit=other.service\n"
    assert [one.weightless for one in settings_of(text)] == [False, False]


def test_lines_are_read_as_systemd_reads_them():
    text = """\
# [Service]
[Service]
ExecStart=
ExecStart=/bin/sh \\
# a comment within
  -c true
what is this
; Nice=3
[Unit]
After = a.target
"""
    assert list(settings_of(text)) == [
        Setting("Service", "ExecStart", ""),
        Setting("Service", "ExecStart", "/bin/sh -c true"),
        Setting("Unit", "After", "a.target"),
    ]


def test_a_file_that_cannot_be_read_is_named():
    assert with_drop_in(None).unread == [DROP_IN]


@settings(database=None, derandomize=True, deadline=None)
@given(before=st.text(), after=st.text())
def test_no_line_hides_another(before, after):
    hidden = f"{before}\n\n[Unit]\nConditionHost=nobody\n\n{after}"
    found = [str(one) for _, one in with_drop_in(hidden).added]
    assert "ConditionHost=nobody" in found or before.rstrip(" \t").endswith("\\")


@settings(database=None, derandomize=True, deadline=None)
@given(show=st.text() | st.none(), files=st.dictionaries(st.text(), st.text() | st.none()))
def test_no_answer_raises_anything_but_the_instruments_own_error(show, files):
    try:
        found = read({"show": show, "files": files})
    except ValueError:
        assert show is None
        return
    for unit in found.values():
        assert isinstance(unit.commands(), list)
        assert isinstance([*unit.unread, *unit.added], list)


@settings(database=None, derandomize=True, deadline=None)
@given(st.data())
def test_a_broken_line_of_a_real_answer_loses_only_itself(data):
    lines = REAL["trixie"]["show"].split("\n")
    number = data.draw(st.integers(0, len(lines) - 1))
    broken = [*lines[:number], data.draw(st.text()), *lines[number + 1 :]]
    found = read({"show": "\n".join(broken), "files": REAL["trixie"]["files"]})
    whole = units.read(REAL["trixie"])
    same = [name for name, unit in whole.items() if found.get(name) == unit]
    assert len(same) >= len(whole) - 2  # an empty line may join or split two
