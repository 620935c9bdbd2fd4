"""Who gets in without a password: display managers, consoles, services, accounts, PAM."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timing import linear

from roles.screen_lock import login
from roles.screen_lock.logins import Logins
from socle.machine.people import People

DATA = Path(__file__).parent / "data"
PEOPLE = Path(__file__).parents[3] / "tests/unit/data/people"
MACHINES = ("trixie-desktop", "bookworm")
SHOWN = (DATA / "lightdm-show-config.txt").read_text()
OURS = "/etc/lightdm/lightdm.conf.d/zz-socle.conf"


def said(complaints):
    return [str(one) for one in complaints]


def autologin(logins, sessions=()):
    return said(login.autologin({"sessions": list(sessions)}, logins))


def console(words, name="getty@tty3.service", **more):
    unit = {"Id": name, "ExecStart": f"{{ path=/x ; argv[]={words} ; ignore_errors=no ; }}"}
    return Logins({}, "", "", ({**unit, **more},))


@pytest.mark.parametrize("machine", MACHINES)
def test_a_hardened_machine_lets_nobody_in(machine):
    logins = Logins.of((DATA / f"{machine}.txt").read_text())
    people = People.of((PEOPLE / f"{machine}.txt").read_text())
    assert autologin(logins) == said(login.unknown_ways(logins)) == []
    assert login.without_password(people) == ([], [])
    assert login.greeters({"xdmcp": ""}, logins, user_list=False) == []
    assert logins.lid_inhibitors == []
    assert [unit for unit in logins.units if unit.get("Id") == "getty@tty3.service"]


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("/etc/gdm3/daemon.conf", DATA / "gdm3-daemon.conf", "GDM: automatic login of cabinet"),
        ("/run/gdm3/custom.conf", DATA / "gdm3-daemon.conf", "GDM: automatic login of cabinet"),
        ("/etc/gdm3/custom.conf", "[daemon]\nTimedLoginEnable = true\n", "GDM: timed login"),
        ("/etc/gdm3/daemon.conf", "[daemon]\nAutomaticLoginEnable=false\n", None),
        ("/etc/gdm3/daemon.conf", "[daemon]\n#AutomaticLoginEnable=true\n", None),
        ("/etc/lightdm/lightdm.conf", DATA / "lightdm.conf", "autologin-user = cabinet"),
        ("/etc/xdg/lightdm/lightdm.conf.d/a.conf", DATA / "lightdm.conf", "autologin-user"),
        ("/etc/lightdm/lightdm.conf.d/a.conf", "[SeatDefaults]\nautologin-user=a\n", "LightDM"),
        ("/etc/lightdm/lightdm.conf.d/a.conf", "[Seat:seat0]\nautologin-user=a\n", "seat:seat0"),
        ("/etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=\nallow-guest=false\n", None),
        ("/etc/lightdm/lightdm.conf", "[Seat:*]\npam-service=lightdm-autologin\n", "pam-service"),
        ("/etc/sddm.conf", DATA / "sddm.conf", "SDDM: automatic login of cabinet"),
        ("/etc/sddm.conf.d/autologin", DATA / "sddm.conf", "SDDM: automatic login of cabinet"),
        ("/etc/sddm.conf", "[Autologin] # x\nUser=eve # y\n", "SDDM: automatic login of eve"),
        ("/etc/greetd/config.toml", '[initial_session]\ncommand="sway"\n', "automatic login"),
        ("/etc/greetd/config.toml", 'initial_session = {command = "sway"}\n', "automatic login"),
        ("/etc/greetd/config.toml", '[default_session]\ncommand="sway"\nuser="eve"', "automatic"),
        ("/etc/greetd/config.toml", '[default_session]\ncommand="agreety -c sway"\n', None),
        ("/etc/default/nodm", "NODM_ENABLED=true\n", "nodm: automatic login"),
        ("/etc/lxdm/lxdm.conf", "autologin=eve\n", "lxdm.conf: automatic login"),
    ],
)
def test_display_managers(path, text, complaint):
    text = text if isinstance(text, str) else text.read_text()
    printed = "".join(f"{path}\t{line}\n" for line in text.splitlines())
    logins = Logins.of(f"== files\n{printed}== units\n== end\n")
    found = autologin(logins)
    assert found == [] if complaint is None else complaint in found[0]


def test_a_packages_file_counts_only_where_no_later_one_beats_it():
    live, ours = "[Seat:*]\nautologin-user=live\n", "[Seat:*]\nautologin-user=\n"
    packaged = {"/usr/share/lightdm/lightdm.conf.d/live.conf": live}
    assert autologin(Logins(packaged, "", "", ()))
    assert autologin(Logins({**packaged, OURS: ours}, "", "", ())) == []
    by_hand = {"/etc/lightdm/lightdm.conf.d/live.conf": live, OURS: ours}
    assert autologin(Logins(by_hand, "", "", ())) == ["LightDM: seat:*.autologin-user = live"]


def test_lightdms_own_answer_counts_wherever_its_file_lies():
    logins = Logins({}, SHOWN, "/usr/lib/systemd/system/lightdm.service", ())
    assert autologin(logins) == [
        "LightDM: seat:*.autologin-user = y",
        "LightDM: seat:seat0.autologin-user = x",
    ]
    assert login.unknown_ways(logins) == []
    assert login.greeters({"xdmcp": ""}, logins, user_list=False) == []


@pytest.mark.parametrize(
    "answer", ["", "Failed to load configuration\n", SHOWN.partition("Sour")[0]]
)
def test_a_lightdm_that_does_not_answer_is_unknown(answer):
    logins = Logins({}, answer, "/usr/lib/systemd/system/lightdm.service", ())
    assert said(login.unknown_ways(logins)) == ["lightdm --show-config does not answer"]


def test_a_lightdm_that_nobody_told_to_hide_the_accounts_lists_them():
    logins = Logins({}, "[Seat:*]\n\nSources:\n", "", ())
    found = said(login.greeters({"xdmcp": ""}, logins, user_list=False))
    assert found == ["LightDM lists the accounts"]
    assert login.greeters({"xdmcp": ""}, logins, user_list=True) == []


@pytest.mark.parametrize("manager", ["ly.service", "emptty.service"])
def test_a_display_manager_that_nobody_knows_is_unknown(manager):
    assert login.unknown_ways(Logins({}, "", f"/usr/lib/systemd/system/{manager}", ()))


def test_a_display_manager_that_reads_elsewhere_is_unknown():
    manager = "/usr/lib/systemd/system/gdm.service"
    words = "{ path=/x ; argv[]=/usr/sbin/lightdm --config /opt/x ; ignore_errors=no ; }"
    plain = {"ExecStart": words.replace(" --config /opt/x", ""), "Environment": "LANG=C"}
    for started in ({"ExecStart": words}, {**plain, "Environment": "A=b XDG_CONFIG_DIRS=/opt"}):
        assert login.unknown_ways(Logins({}, "", manager, (), started=started))
    assert login.unknown_ways(Logins({}, "", manager, (), started=plain)) == []


def test_a_greetd_that_cannot_be_read_is_unknown():
    for text in ("[", "default_session = 1", '[default_session]\ncommand = "mine"'):
        logins = Logins({"/etc/greetd/config.toml": text}, "", "", ())
        assert autologin(logins) == []
        assert login.unknown_ways(logins)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("/sbin/agetty -o -p -- \\u --noclear - $TERM", None),
        ("/sbin/agetty -o -- \\u --noreset --noclear --keep-baud 115200,9600 - ${TERM}", None),
        ("/sbin/agetty -8 -L 115200 ttyS0 vt102", None),
        ("/sbin/agetty --autologin camille --noclear tty1", "camille logs in by itself"),
        ("/sbin/agetty --autologi camille tty1", "camille logs in by itself"),
        ("/sbin/agetty --a=camille tty1", "camille logs in by itself"),
        ("/sbin/agetty -Jacamille tty1", "camille logs in by itself"),
        ("/usr/bin/mingetty --autologin camille tty1", "camille logs in by itself"),
        ("/sbin/agetty --login-program /bin/mine tty1", "takes the place of the login"),
        ("/sbin/agetty --login-p=/bin/mine tty1", "takes the place of the login"),
        ("/sbin/agetty -n -l /bin/bash tty1", "takes the place of the login"),
        ("/sbin/agetty -o -f camille --noclear - $TERM", "takes the place of the login"),
        ("/sbin/agetty --login-options=-f camille - $TERM", "takes the place of the login"),
        ("/bin/login -f camille", "takes the place of the login"),
        ("/bin/bash --login", "takes the place of the login"),
    ],
)
def test_consoles(words, complaint):
    for name in ("getty@tty3.service", "autovt@tty3.service", "serial-getty@ttyS0.service"):
        found = autologin(console(words, name))
        assert found == [] if complaint is None else complaint in found[0]
        assert login.unknown_ways(console(words, name)) == []
    assert autologin(console(words, LoadState="masked")) == []


@pytest.mark.parametrize("words", ["/usr/bin/kmscon --vt", "/bin/true", "/sbin/agetty -X tty1"])
def test_a_console_that_nobody_knows_is_unknown(words):
    assert autologin(console(words)) == []
    assert len(login.unknown_ways(console(words))) == 1


@pytest.mark.parametrize(
    ("unit", "complaint"),
    [
        ({"Id": "kiosk.service", "User": "eve", "PAMName": "login"}, "opens a session of eve"),
        ({"Id": "kiosk.service", "User": "eve", "TTYPath": "/dev/tty7"}, "opens a session of eve"),
        ({"Id": "debug-shell.service"}, "a shell of root stands open"),
        ({"Id": "user@1000.service", "User": "1000", "PAMName": "systemd-user"}, None),
        ({"Id": "cron.service", "User": ""}, None),
    ],
)
def test_services_that_open_a_session(unit, complaint):
    for state in ({"ActiveState": "active"}, {"UnitFileState": "enabled"}):
        found = autologin(Logins({}, "", "", ({**unit, **state},)))
        assert found == [] if complaint is None else complaint in found[0]
    off = {**unit, "ActiveState": "inactive", "UnitFileState": "disabled"}
    assert autologin(Logins({}, "", "", (off,))) == []


def test_a_credential_that_a_console_is_given():
    logins = Logins.of("== credentials\n/etc/credstore/agetty.autologin\n== units\n== end\n")
    assert autologin(logins) == ["/etc/credstore/agetty.autologin: automatic login"]


def test_a_session_that_opened_by_itself():
    row = {"id": "c2", "user": "camille", "service": "gdm-autologin"}
    assert autologin(Logins({}, "", "", ()), [row]) == [
        "session c2 of camille was opened by gdm-autologin"
    ]


def changed(old, new):
    text = (PEOPLE / "trixie-desktop.txt").read_text()
    assert old in text
    wrong, strange = login.without_password(People.of(text.replace(old, new, 1)))
    return said(wrong), said(strange)


def test_accounts_without_a_password():
    assert changed("dominique:locked", "dominique:empty") == (["dominique has no password"], [])
    members = changed("== pam", "nopasswdlogin:999:eve,camille\n== pam")
    assert members == (["without a password: camille, eve"], [])
    assert changed("== pam", "nopasswdlogin:999:\n== pam") == ([], [])


def test_pam_that_lets_in_is_named_with_the_service_and_the_rule():
    first = "common-auth\tauth\t[success=1"
    rule = "auth sufficient pam_succeed_if.so user ingroup nopasswdlogin"
    assert changed(first, f"common-auth\t{rule}\n{first}") == ([], [])
    wrong, strange = changed(first, f"common-auth\tauth sufficient pam_permit.so\n{first}")
    assert "PAM lets in by gdm-password without a password: auth sufficient pam_permit.so" in wrong
    assert any("by i3lock" in one for one in wrong)
    assert strange == []
    wrong, strange = changed(first, f"common-auth\tauth sufficient pam_howdy.so\n{first}")
    assert wrong == []
    assert "whether PAM lets in by login is not known: auth sufficient pam_howdy.so" in strange


def test_what_the_network_may_ask_a_greeter():
    text = "[xdmcp]\nEnable=true\n"
    logins = Logins({"/etc/gdm3/daemon.conf": text}, "", "", ())
    assert said(login.greeters({"xdmcp": "x"}, logins, user_list=False)) == [
        "a program answers XDMCP on port 177",
        "XDMCP is switched on",
    ]
    vnc = Logins({OURS: "[VNCServer]\nenabled=true\n"}, "", "", ())
    assert said(login.greeters({"xdmcp": ""}, vnc, user_list=False)) == ["LightDM answers VNC"]


@pytest.mark.parametrize(
    "answer", ["", "x", '{"data": 1}', '{"data": [[[1, 2, 3, 4]]]}', "[" * 9999]
)
def test_inhibitors_that_cannot_be_read_are_unknown(answer):
    assert Logins({}, "", "", (), inhibitors=answer).lid_inhibitors is None


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_a_machine_answers_nothing_else_is_raised(data):
    text = (DATA / "trixie-desktop.txt").read_text()
    at, cut = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 80))
    text = text[:at] + data.draw(st.text(max_size=40)) + text[at + cut :]
    try:
        logins = Logins.of(text)
    except ValueError as error:
        assert "incomplete" in str(error)  # noqa: PT017
        return
    autologin(logins)
    login.unknown_ways(logins)
    login.greeters({"xdmcp": ""}, logins, user_list=False)
    logins.lid_inhibitors  # noqa: B018


@given(st.lists(st.text(st.characters(exclude_characters="\n=[]\x00"), max_size=30), max_size=5))
@settings(deadline=None)
def test_no_line_hides_another(odd):
    lines = [*odd, "[daemon]", *odd, "AutomaticLoginEnable=true", *odd]
    printed = "".join(f"/etc/gdm3/daemon.conf\t{line}\n" for line in lines)
    logins = Logins.of(f"== files\n{printed}== units\n== end\n")
    assert autologin(logins) == ["GDM: automatic login of somebody"]


@pytest.mark.parametrize(
    ("before", "again", "after"),
    [("", "[", ""), ("[a]\na", " ", "b"), ("[a]\na=", " ", "b"), ("", "\n ", "x")],
)
def test_a_file_twice_as_long_takes_twice_as_long(before, again, after):
    def judged(size):
        text = before + again * (size // len(again)) + after
        places = [*login.OTHERS, "/etc/gdm3/daemon.conf", "/etc/sddm.conf"]
        return autologin(Logins(dict.fromkeys(places, text), text, "", ()))

    assert linear(judged)
