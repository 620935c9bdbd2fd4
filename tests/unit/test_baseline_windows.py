"""Idle windows: inside or not, and the calendar lines that systemd gets."""

from datetime import datetime

import pytest
from pydantic import ValidationError

from socle.baseline.windows import Window, contains, on_calendar

LUNCH = Window(days="mon-fri", start="12:30", end="13:30")
NIGHT = Window(days="fri-mon", start="22:30", end="05:00")


@pytest.mark.parametrize(
    ("window", "moment", "inside"),
    [
        (LUNCH, "2026-11-20 12:30", True),  # a Friday
        (LUNCH, "2026-11-20 13:30", False),
        (LUNCH, "2026-11-21 12:45", False),
        (NIGHT, "2026-11-23 23:00", True),  # Monday
        (NIGHT, "2026-11-24 04:59", True),  # the night of Monday lasts into Tuesday
        (NIGHT, "2026-11-24 22:30", False),
        (NIGHT, "2026-11-20 04:00", False),  # the night of Thursday
    ],
)
def test_inside(window, moment, inside):
    assert contains([window], datetime.fromisoformat(moment)) is inside


def test_calendar_lines_lie_in_the_window_and_stay_the_same():
    for seed in ("accueil", "medecin", "imagerie"):
        lines = on_calendar([LUNCH, NIGHT], seed, 30)
        assert lines == on_calendar([LUNCH, NIGHT], seed, 30)
        days, _, clock = lines[0].split(" ")
        assert days == "Mon,Tue,Wed,Thu,Fri"
        assert "12:30:00" <= clock < "13:00:00"


def test_a_delay_over_midnight_moves_the_days():
    late = Window(days="sun", start="23:59", end="04:00")
    assert on_calendar([late], "accueil", 30)[0].startswith("Mon *-*-* 00:")


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "12:30", "end": "12:40"},
        {"start": "12:30", "end": "12:30"},
        {"start": "24:00", "end": "01:00"},
        {"days": "lun-ven", "start": "12:00", "end": "13:00"},
    ],
)
def test_windows_that_are_refused(wrong):
    with pytest.raises(ValidationError):
        Window(**wrong)
