"""Files of groups and keys as GLib and SDDM read them, whatever stands between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socle.machine import keyfiles

GDM = "[daemon]\nAutomaticLoginEnable = true\n  AutomaticLogin = cabinet\n"
SDDM = "[Autologin] # here\nUser=cabinet # the practice\nSession=plasma\nne pas modifier\n"


@pytest.mark.parametrize(
    ("text", "group", "key", "value"),
    [
        (GDM, "daemon", "AutomaticLogin", "cabinet"),
        ("\ufeff" + GDM, "daemon", "AutomaticLoginEnable", "true"),
        (GDM.replace("\n", "\r\n"), "daemon", "AutomaticLogin", "cabinet"),
        ("\t[daemon]  \na=1\n[other]\na=2\n[daemon]\na=3", "daemon", "a", "3"),
        ("[a]\n#b=1\n", "a", "b", None),
        ("[a]\nb=1 # x", "a", "b", "1 # x"),
        ("[a]\nb=[c]=d", "a", "b", "[c]=d"),
        ("[a]\nb", "a", "b", None),
    ],
)
def test_glib(text, group, key, value):
    assert keyfiles.read(text).value(group, key) == value


def test_sddm_passes_over_what_is_nothing():
    file = keyfiles.read(SDDM, comments_anywhere=True)
    assert file.value("Autologin", "User") == "cabinet"
    assert file.unread == ("ne pas modifier",)


@given(
    st.lists(st.text(st.characters(exclude_characters="\n[]=")), max_size=8), st.text(max_size=80)
)
def test_no_line_hides_another(before, after):
    text = "\n".join([*before, "[daemon]", *before, "AutomaticLogin=cabinet", after])
    found = keyfiles.read(text)
    assert ("daemon", "AutomaticLogin", "cabinet") in [
        (one.group, one.key, one.value) for one in found.entries
    ]
