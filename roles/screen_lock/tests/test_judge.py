"""What the screen lock's checks make of a machine's answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from timing import linear

from roles.screen_lock import judge
from roles.screen_lock.logins import Logins
from socle.baseline import load
from socle.render import render

ROOT = Path(__file__).parents[3]
ROOM = Path(__file__).parents[1]
TEMPLATES = ROOM / "templates/etc"


def said(complaints):
    return [str(one) for one in complaints]


@pytest.fixture(scope="module")
def settings():
    return load(ROOT / "inventories/demo", root=ROOT).hosts["medecin"].settings


@pytest.fixture
def seen():
    """A machine on which all is as it should be."""
    person = {"shell": "/bin/bash", "login": {}, "running": {}, "timeout": ["600", True]}
    session = {
        "id": "c2",
        "user": "camille",
        "type": "wayland",
        "desktop": "gnome",
        "hint": "no",
        "service": "gdm-password",
        "idle": 12.0,
        "savers": [False],
        "locker": False,
    }
    guardian = {"ActiveState": "active", "UnitFileState": "enabled", "age": 2.0}
    guardian["ExecStart"] = f"{{ path=/usr/bin/python3 ; argv[]={judge.GUARDIAN} ; }}"
    return {
        "people": {"camille": {**person, "keys": {}}},
        "root": {"timeout": ["600", True]},
        "guardian": {**guardian, "status": {"limit": 30.0, "sessions": []}},
        "sessions": [session],
        "offered": [["wayland", "gnome-session", "/usr/bin/gnome-session"]],
        "desktops": {"gnome": True, "xfce": False, "kde": False},
        "programs": ["i3lock", "xprintidle"],
        "greeter": None,
        "xdmcp": "",
    }


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ActiveState": "failed"}, "is failed"),
        ({"UnitFileState": "disabled"}, "at boot"),
        ({"age": 300.0}, "does not answer"),
        ({"ExecStart": "{ path=/x ; argv[]=/x a ; ignore_errors=no ; }"}, "starts /x a"),
        ({"status": None}, "does not answer"),
        ({"status": {"limit": 600.0, "sessions": []}}, "waits for 600 s"),
    ],
)
def test_a_guardian_that_does_not_guard(seen, change, complaint):
    assert judge.guardian(seen, 30) == []
    seen["guardian"].update(change)
    assert complaint in "; ".join(said(judge.guardian(seen, 30)))


def test_a_session_that_cannot_be_seen_or_locked_is_named(seen):
    row = {"id": "c3", "user": "camille", "state": "unseen", "why": "sway", "refusals": 0}
    seen["guardian"]["status"]["sessions"] = [row]
    assert said(judge.guardian(seen, 30)) == ["session c3 of camille: unseen, sway"]


def test_an_open_idle_session_fails_and_a_locked_one_does_not(seen):
    row = seen["sessions"][0]
    row["idle"] = 34.0
    assert judge.open_sessions(seen, 30, ["gnome"]) == []
    row["idle"] = 36.0
    assert judge.open_sessions(seen, 30, ["gnome"])
    assert judge.open_sessions(seen, 30, ["xfce"]) == []
    row["savers"] = [True]
    assert judge.open_sessions(seen, 30, ["gnome"]) == []


@pytest.mark.parametrize(
    ("variable", "value", "leads_away"),
    [
        ("DCONF_PROFILE", "/home/camille/p", True),
        ("DCONF_PROFILE", "user", False),
        ("GSETTINGS_BACKEND", "memory", True),
        ("GSETTINGS_BACKEND", "dconf", False),
        ("GSETTINGS_SCHEMA_DIR", "/home/camille/s", True),
        ("XDG_CONFIG_DIRS", "/etc/xdg/xdg-xfce:/etc/xdg", False),
        ("XDG_CONFIG_DIRS", "/home/camille/xdg", True),
    ],
)
def test_variables_that_lead_away_from_the_machines_settings(variable, value, leads_away):
    assert judge.bypass(variable, value) is leads_away


def test_a_bypass_is_named_with_the_person_and_the_program(seen):
    seen["people"]["camille"]["running"] = {"GSETTINGS_BACKEND=memory": "gnome-shell"}
    assert said(judge.bypasses(seen)) == [
        "GSETTINGS_BACKEND=memory in camille's running gnome-shell"
    ]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (["uint32 30", False], None),
        (["uint32 300", True], "is uint32 300 for camille"),
        (["uint32 30", True], "camille may change"),
        (None, "is not set"),
    ],
)
def test_keys_by_value_and_by_writability(seen, answer, complaint):
    key = {"schema": "org.gnome.desktop.session", "key": "idle-delay", "value": "uint32 30"}
    seen["people"]["camille"]["keys"] = {"org.gnome.desktop.session idle-delay": answer}
    found = said(judge.keys(seen, [key]))
    assert found == [] if complaint is None else complaint in found[0]


def test_gvariant_quotes_do_not_matter():
    assert judge.unquoted("'Accès réservé'") == judge.unquoted('"Accès réservé"')
    assert judge.unquoted("'l\\'accès'") == judge.unquoted('"l\'accès"')
    assert judge.unquoted("uint32 30") == "uint32 30"


def test_xfce_is_held_to_the_very_file_that_is_written(settings, seen):
    file = TEMPLATES / "xdg/xfce4/xfconf/xfce-perchannel-xml/xfce4-screensaver.xml.j2"
    wanted = judge.xfconf(render(file, settings))
    assert wanted["/lock/enabled"] is True
    assert wanted["/saver/idle-activation/delay"] == 1
    seen["people"]["camille"]["xfce"] = {name: [value, True] for name, value in wanted.items()}
    assert judge.xfce(seen, wanted) == []
    seen["people"]["camille"]["xfce"]["/lock/enabled"] = [False, False]
    assert said(judge.xfce(seen, wanted)) == [
        "xfce4-screensaver /lock/enabled is False for camille"
    ]


def test_plasma_goes_by_the_machines_file_only_where_it_is_immutable(settings, seen):
    template = render(TEMPLATES / "xdg/kscreenlockerrc.j2", settings)
    mine = "[Daemon]\nAutolock=false\n"
    seen["people"]["camille"]["kde"] = [mine, template]
    assert judge.plasma(seen, template) == []
    seen["people"]["camille"]["kde"] = [mine, template.replace("[$i]", "")]
    found = said(judge.plasma(seen, template))
    assert "kscreenlockerrc Autolock is false for camille" in found
    assert "camille may change kscreenlockerrc" in found


def test_sixty_seconds_are_never_called_thirty(seen):
    seen["offered"].append(["wayland", "startplasma-wayland", "startplasma-wayland"])
    assert said(judge.beyond_reach(seen, 30, 1)) == ["Plasma on Wayland locks after 60 s, not 30 s"]
    assert judge.beyond_reach(seen, 60, 1) == []


def test_wayland_sessions_whose_idle_time_nobody_sees(seen):
    seen["offered"] = [
        ["wayland", "sway", "sway"],
        ["wayland", "startxfce4", "startxfce4 --wayland"],
    ]
    assert len(judge.beyond_reach(seen, 30, 1)) == 1
    assert said(judge.other_desktops(seen)) == ["sway"]
    seen["programs"].append("labwc")
    assert len(judge.beyond_reach(seen, 30, 1)) == 2


@pytest.mark.parametrize(
    ("shell", "login", "window", "complaint"),
    [
        ("/bin/bash", ["600", "bash rx"], ["600", "bash x"], None),
        ("/bin/bash", ["300", "bash rx"], ["600", "bash x"], None),
        ("/bin/bash", ["0", "bash rx"], ["600", "bash x"], "TMOUT is 0"),
        ("/bin/bash", ["", "bash "], ["", "bash "], "not set"),
        ("/bin/bash", ["601", "bash rx"], ["601", "bash x"], "TMOUT is 601"),
        ("/bin/bash", ["9" * 5000, "bash rx"], ["600", "bash x"], "TMOUT is 9"),
        ("/bin/bash", ["600", "bash x"], ["600", "bash x"], "may change"),
        ("/bin/bash", ["600", "bash rx"], ["", "bash "], "in a terminal window of camille"),
        ("/bin/bash", ["600", ""], ["600", "bash x"], "becomes another program"),
        ("/usr/bin/fish", None, None, "does not know"),
    ],
)
def test_shells_that_do_not_close(shell, login, window, complaint):
    shells = {"camille": {"shell": shell, "unread": {}, "login": login, "window": window}}
    found = said(judge.timeout(shells, 600))
    assert found == [] if complaint is None else complaint in found[0]


def test_a_window_of_roots_is_no_login():
    shells = {"root": {"shell": "/bin/bash", "unread": {}, "login": ["600", "bash rx"]}}
    shells["root"]["window"] = ["", "bash "]
    assert judge.timeout(shells, 600) == []


def test_a_shell_that_does_not_answer_is_neither_blamed_nor_passed():
    shells = {"eve": {"shell": "/bin/bash", "unread": {}, "login": None, "window": ["600", "bash"]}}
    assert judge.timeout(shells, 600) == []
    assert said(judge.silent_shells(shells)) == ["eve: a shell did not answer at its prompt"]
    shells["eve"]["unread"] = {"login": "login: no end within 20 s"}
    assert judge.silent_shells(shells) == []


def test_sleep_that_waits_for_nothing(seen, settings):
    ours = {"Id": "socle-lock-sleep.service", "LoadState": "loaded", "UnitFileState": "enabled"}
    ours["ExecStart"] = f"{{ path=/usr/bin/python3 ; argv[]={judge.LOCKS} ; ignore_errors=no ; }}"
    seen["sleep"] = [{"Id": "sleep.target", "Wants": "socle-lock-sleep.service"}, ours]
    seen["logind"] = list(settings["screen_lock_logind"])
    assert judge.sleep(seen, settings["screen_lock_logind"]) == []
    seen["sleep"][0]["Wants"] = ""
    seen["logind"][0] = 'lid s "ignore"s "ignore"s "lock"'
    assert len(judge.sleep(seen, settings["screen_lock_logind"])) == 2


def test_sleep_that_waits_for_another_program(seen, settings):
    ours = {"Id": "socle-lock-sleep.service", "LoadState": "loaded", "UnitFileState": "enabled"}
    ours["ExecStart"] = "{ path=/bin/true ; argv[]=/bin/true ; ignore_errors=no ; }"
    seen["sleep"] = [{"Id": "sleep.target", "Wants": "socle-lock-sleep.service"}, ours]
    seen["logind"] = list(settings["screen_lock_logind"])
    assert said(judge.sleep(seen, settings["screen_lock_logind"])) == [
        "nothing locks before sleep: socle-lock-sleep.service starts /bin/true"
    ]


def test_the_unit_starts_what_the_check_expects():
    unit = (TEMPLATES / "systemd/system/socle-lock-sleep.service.j2").read_text()
    assert f"ExecStart={judge.LOCKS}\n" in unit


@pytest.mark.parametrize(
    ("targets", "complaint"),
    [
        (
            {"suspend.target": "loaded", "hibernate.target": "masked", "AllowHibernation": "no"},
            None,
        ),
        ({"suspend.target": "masked"}, "suspend.target is masked"),
        ({"systemd-suspend.service": "masked"}, "systemd-suspend.service is masked"),
        ({"AllowSuspend": "no"}, "sleep.conf says AllowSuspend=no"),
    ],
)
def test_a_lid_that_does_nothing(targets, complaint):
    found = said(judge.lid(Logins({}, "", "", (), targets=targets), "suspend"))
    assert found == [] if complaint is None else complaint in found[0]


def test_a_session_of_an_account_that_is_no_persons(seen):
    assert judge.unwatched(seen) == []
    row = {"id": "c7", "user": "maint", "type": "x11", "service": "lightdm"}
    seen["sessions"] += [row, {**row, "user": "Debian-gdm", "service": "gdm-launch-environment"}]
    seen["sessions"] += [{**row, "user": "camille"}, {**row, "type": "tty"}]
    assert said(judge.unwatched(seen)) == ["session c7 of maint is watched by nobody"]


def test_conditions_of_the_unit_that_locks():
    assert judge.conditions(("a(sbbsi) 0", "a(sasbttttuii) 0")) == judge.conditions(("",)) == []
    [found] = said(judge.conditions(('a(sbbsi) 1 "ConditionPathExists" false false "/x" 0',)))
    assert "ConditionPathExists" in found


def test_who_holds_the_lid(seen):
    assert said(judge.lid_held([("camille", "my talk")])) == [
        "closing the lid does nothing: camille holds it (my talk)"
    ]
    assert judge.lid_held([("camille", "Multiple displays attached")]) == []


@pytest.mark.parametrize(
    "command",
    [
        "env GNOME_SHELL_SESSION_MODE=classic gnome-session",
        "/usr/bin/env -u X A=b /usr/bin/gnome-session --session=x",
        "gnome-session-classic",
        "dbus-run-session -- gnome-session",
    ],
)
def test_gnome_by_another_command_is_gnome(seen, command):
    seen["offered"] = [["wayland", command.split()[0], command]]
    assert judge.other_desktops(seen) == judge.beyond_reach(seen, 30, 1) == []


def test_an_unknown_program_behind_env_is_said(seen):
    seen["offered"] = [["wayland", "env", "env A=b sway"], ["wayland", "", ""]]
    assert said(judge.other_desktops(seen))[0] == "sway"


def test_a_pass_says_which_sessions_were_seen(seen):
    assert said(judge.sessions_seen(seen, ["gnome"])) == ["session c2 of camille was in use"]
    seen["sessions"][0]["savers"] = [True]
    assert said(judge.sessions_seen(seen, ["gnome"])) == ["session c2 of camille was locked"]
    assert said(judge.sessions_seen(seen, ["xfce"])) == ["no session was open"]
    del seen["sessions"][0]["idle"]  # a console, or a greeter
    assert said(judge.sessions_seen(seen, ["gnome"])) == ["no session was open"]


def test_the_report_knows_which_reference_each_value_satisfies(settings):
    assert [text.split(" (")[0] for text in settings["screen_lock_satisfies"]] == [
        "URPS Occitanie 2024",
        "ANSSI-BP-028 R32",
        "CIS Debian",
        "PGSSI-S 4.5.2.3",
    ]


def test_who_was_not_read_is_named_and_neither_blamed_nor_passed(seen):
    kept_back = {"login": "login: more than 1 MiB", "kde": "kde: no end within 8 s"}
    seen["people"] = {"eve": {"shell": "/bin/bash", "running": {}, "unread": kept_back}}
    key = {"schema": "org.gnome.desktop.session", "key": "idle-delay", "value": "uint32 30"}
    assert judge.keys(seen, [key]) == judge.xfce(seen, {"/lock/enabled": True}) == []
    assert judge.plasma(seen, "[Daemon]\nTimeout=1\n") == []
    assert judge.bypasses(seen) == []
    assert said(judge.unread(seen["people"], "login", "keys")) == ["eve: login: more than 1 MiB"]
    assert said(judge.unread(seen["people"], "kde")) == ["eve: kde: no end within 8 s"]


def test_a_greeter_that_was_not_read_is_named(seen):
    key = {"schema": "org.gnome.login-screen", "key": "disable-user-list", "value": "true"}
    seen["greeter"] = {"shell": "", "unread": {"keys": "keys: no end within 8 s"}}
    assert judge.greeter(seen, [key]) == []
    assert judge.unread({"the greeter": seen["greeter"]}, "keys")
    seen["greeter"] = {"keys": {"org.gnome.login-screen disable-user-list": ["false", False]}}
    assert said(judge.greeter(seen, [key])) == [
        "org.gnome.login-screen disable-user-list is false for the greeter"
    ]


@pytest.mark.parametrize("line", ["[", "[a", "[]", "[]["])
def test_a_group_without_an_end_is_no_error(line):
    assert judge.kde([f"[Daemon][$i]\nAutolock=true\n{line}\nLockGrace=5"]) == (
        {"Autolock": "true"},
        True,
    )


@pytest.mark.parametrize(
    ("before", "again", "after"),
    [("", "[", ""), ("[a]\na", " ", "b"), ("[a]\na=", " ", "b"), ("", "\n ", "x")],
)
def test_a_file_twice_as_long_takes_twice_as_long(before, again, after):
    assert linear(lambda size: judge.kde([before + again * (size // len(again)) + after]))
