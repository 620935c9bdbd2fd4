"""The screen lock's promises, asked of the machine as each of its people would meet them."""

import json
from pathlib import Path

import pytest

from roles.screen_lock import judge, login, logins
from socle import person
from socle.machine import people, programs
from socle.render import render
from socle.verify import AGAIN, control, expect, message, not_applicable, unknown

ROOM = Path(__file__).parent
XFCE = ROOM / "templates/etc/xdg/xfce4/xfconf/xfce-perchannel-xml/xfce4-screensaver.xml.j2"
KDE = ROOM / "templates/etc/xdg/kscreenlockerrc.j2"
GUARDIAN = ROOM / "files/usr/local/lib/socle/screen_lock"
OBSERVE = programs.python(
    Path(person.__file__), ROOM / "files/people.py", ROOM / "files/observe.py", by="python3 -ISB -c"
)
SHELLS = programs.python(
    Path(person.__file__), ROOM / "files/people.py", ROOM / "files/shells.py", by="python3 -ISB -c"
)
NO_DESKTOP = "no desktop is installed"
PRIVACY = ("show-in-lock-screen",)
SLEEP = ("ubuntu-lock-on-suspend",)


@pytest.fixture(scope="module")
def seen(host, settings):
    """Everything that the checks of this room ask, in one execution."""
    request = {
        "uids": settings.screen_lock_uids,
        "keys": settings.screen_lock_keys,
        "greeter_keys": settings.screen_lock_greeter_keys,
        "xfce": list(judge.xfconf(render(XFCE, settings))),
        "kde": list(judge.kde([render(KDE, settings)])[0]),
        "modules": {n: (GUARDIAN / f"{n}.py").read_text() for n in ("desktop", "logind")},
    }
    answer = OBSERVE.run(host, json.dumps(request), timeout=120)
    if answer.rc != 0:
        said = answer.stderr.strip()[-300:]
        unknown(message("the machine cannot be observed: {said}", said=said))
    return json.loads(answer.stdout)


@pytest.fixture(scope="module")
def ways(host):
    """Display managers, consoles and services, as they are set."""
    answer = logins.PROGRAM.run(host, "socle", timeout=logins.SECONDS)
    try:
        return logins.Logins.of(answer.stdout)
    except ValueError as error:
        unknown(message("the machine cannot be observed: {said}", said=str(error)))


@pytest.fixture(scope="module")
def shells(host, settings):
    """Everybody's shells, asked at their prompts."""
    request = {"uids": settings.screen_lock_uids}
    answer = SHELLS.run(host, json.dumps(request), timeout=120)
    if answer.rc != 0:
        said = answer.stderr.strip()[-300:]
        unknown(message("the machine cannot be observed: {said}", said=said))
    return json.loads(answer.stdout)


@control("screen-lock-gnome")
def test_idle_gnome_sessions_lock(seen, settings):
    """Every person's effective keys, their writability, bypasses, the guardian, sessions now."""
    if not seen["desktops"]["gnome"]:
        not_applicable("GNOME is not installed")
    limit = settings.screen_lock_idle_seconds
    wrong = (
        judge.keys(seen, keys(settings, ["gnome"], without=PRIVACY + SLEEP))
        + judge.bypasses(seen)
        + judge.guardian(seen, limit)
        + judge.open_sessions(seen, limit, ["gnome"])
        + judge.unwatched(seen)
    )
    judged(seen, settings, wrong)
    expect_read(seen["people"], "login", "running", "keys")


@control("screen-lock-kde-xfce")
def test_idle_sessions_of_other_desktops_lock(seen, settings):
    """What each desktop does by itself, and the guardian, without which none knows seconds."""
    others = judge.other_desktops(seen)
    if not others:
        not_applicable("no desktop besides GNOME is installed" if any_desktop(seen) else NO_DESKTOP)
    limit, minutes = settings.screen_lock_idle_seconds, settings.screen_lock_minutes
    wrong = judge.bypasses(seen) + judge.guardian(seen, limit)
    wrong += judge.keys(seen, keys(settings, [n for n in ("cinnamon", "mate") if n in others]))
    if "xfce" in others:
        wrong += judge.xfce(seen, judge.xfconf(render(XFCE, settings)))
    if "kde" in others:
        wrong += judge.plasma(seen, render(KDE, settings))
    wrong += judge.beyond_reach(seen, limit, minutes) + judge.open_sessions(seen, limit, others)
    wrong += judge.unwatched(seen)
    wrong += [
        message("{program} is missing", program=name)
        for name in ("i3lock", "xprintidle")
        if name not in seen["programs"]
    ]
    judged(seen, settings, wrong, others)
    expect_read(seen["people"], "login", "running", "keys", *others)


@control("lock-on-suspend")
def test_sessions_lock_before_the_machine_sleeps(seen, ways, settings):
    """logind's own answers, what sleep waits for and starts, and GNOME's lock for every person."""
    if not any_desktop(seen):
        not_applicable(NO_DESKTOP)
    wrong = judge.sleep(seen, settings.screen_lock_logind)
    wrong += judge.lid(ways, settings.screen_lock_lid)
    wrong += judge.conditions(ways.sleep) + judge.lid_held(ways.lid_inhibitors or [])
    if seen["desktops"]["gnome"]:
        wrong += judge.keys(
            seen, [k for k in keys(settings, ["gnome"]) if k["key"] == "lock-enabled"]
        )
    expect(
        not wrong,
        seen=message("{complaints;}", complaints=wrong)
        if wrong
        else message(
            "closing the lid: {lid}; sleep waits for socle-lock-sleep.service",
            lid=settings.screen_lock_lid,
        ),
        wanted=message(
            "closing the lid: {lid}, and sessions lock before any sleep",
            lid=settings.screen_lock_lid,
        ),
        fix=message(
            "{again}; remove drop-ins of {unit}, unmask what is masked (systemctl unmask), end the "
            "program that holds the lid",
            again=AGAIN,
            unit=judge.LOCK_SLEEP,
        ),
    )
    if ways.lid_inhibitors is None or len(ways.sleep) < logins.SLEEP_ANSWERS:
        unknown("the machine does not tell what keeps sessions open before sleep")
    if seen["desktops"]["gnome"]:
        expect_read(seen["people"], "login", "keys")


@control("lockscreen-privacy")
def test_greeter_and_lock_screen_give_nothing_away(seen, ways, settings):
    """GDM's keys as its greeter reads them, notifications for every person, XDMCP."""
    if not any_desktop(seen):
        not_applicable(NO_DESKTOP)
    wrong = judge.greeter(seen, settings.screen_lock_greeter_keys)
    wrong += login.greeters(seen, ways, user_list=settings.screen_lock_user_list)
    if seen["desktops"]["gnome"]:
        private = [k for k in keys(settings, ["gnome"]) if k["key"] in PRIVACY]
        wrong += judge.keys(seen, private)
    expect(
        not wrong,
        seen=message("{complaints;}", complaints=wrong)
        if wrong
        else "as wanted: GDM's greeter, notifications in GNOME, XDMCP"
        if seen["greeter"] is not None
        else "as wanted: no GDM, notifications in GNOME, XDMCP",
        wanted="no list of accounts, a notice about logging, no message text on a locked screen",
        fix=AGAIN,
    )
    expect_read({message("the greeter"): seen["greeter"] or {}}, "login", "keys")
    if seen["desktops"]["gnome"]:
        expect_read(seen["people"], "login", "keys")


@control("shell-timeout")
def test_idle_shells_close(seen, shells, settings):
    """TMOUT at everybody's prompts, root's login included; on servers logind's own limit, too."""
    seconds = settings.screen_lock_shell_seconds
    wrong = judge.timeout(shells, seconds)
    answers = [a for a in settings.screen_lock_logind if a.startswith("idle ")]
    wrong += [
        message("logind answers {line}", line=line)
        for line in seen["logind"]
        if line.startswith("idle ") and line not in answers
    ]
    shells_alone = settings.screen_lock_workstation
    expect(
        not wrong,
        seen=message("{complaints;}", complaints=wrong)
        if wrong
        else message(
            "{people}: login shells close after {n} s, read-only, terminal windows too"
            if shells_alone
            else "{people}: login shells close after {n} s, read-only, idle logins end",
            people=list(shells),
            n=seconds,
        ),
        wanted=message(
            "login shells close after at most {n} s, and nobody can change that"
            if shells_alone
            else "login shells close after at most {n} s, and nobody can change that, "
            "idle logins end",
            n=seconds,
        ),
        fix=message(
            "{again}; a file of /etc/profile.d that sets TMOUT first has to go; "
            "people's login shell is bash (chsh), and their ~/.profile and ~/.bashrc leave TMOUT "
            "as it is and start no other shell",
            again=AGAIN,
        ),
    )
    expect_read(shells, "login")
    silent = judge.silent_shells(shells)
    if silent:
        unknown(message("{silent;}", silent=silent))


@control("no-autologin")
def test_no_session_opens_without_a_password(host, seen, ways):
    """Accounts, PAM, who opened the sessions that are there, display managers, consoles, units."""
    try:
        wrong, strange = login.without_password(people.ask(host))
    except ValueError as error:
        wrong, strange = [], [message("the machine cannot be observed: {said}", said=str(error))]
    wrong += login.autologin(seen, ways)
    strange += login.unknown_ways(ways)
    services = sorted({row["service"] for row in seen["sessions"] if row["service"]})
    expect(
        not wrong,
        seen=message("{complaints;}", complaints=wrong)
        if wrong
        else message(
            "no account, PAM, display manager or console lets anybody in; "
            "sessions were opened by: {services}",
            services=services,
        )
        if services
        else "no account, PAM, display manager or console lets anybody in; no session was open",
        wanted="every session begins with a password",
        fix=message(
            "{again}; give every account a password (passwd) or lock it (passwd -l); take out "
            "what is named; a session that opened by itself has to be closed once",
            again=AGAIN,
        ),
    )
    if strange:
        unknown(message("{strange;}", strange=strange))


def judged(seen, settings, wrong, desktops=()):
    """The verdict on idle locking, with the references that its time satisfies."""
    limit = settings.screen_lock_idle_seconds
    found = wrong or [
        message("set to lock after {n} s for {people}", n=limit, people=list(seen["people"])),
        *judge.sessions_seen(seen, desktops or ["gnome"]),
        "input that a program makes up counts as input",
        *(
            message(
                "{user} holds an idle inhibitor, which does not keep the screen open",
                user=row["user"],
            )
            for row in seen["sessions"]
            if row.get("inhibited")
        ),
        message("satisfies {references}", references=settings.screen_lock_satisfies),
    ]
    expect(
        not wrong,
        seen=message("{desktops}: {found;}", desktops=desktops, found=found)
        if desktops
        else message("{found;}", found=found),
        wanted=message(
            "every session locks after {n} s without input, and nobody can change that", n=limit
        ),
        fix=message(
            "{again}; remove what a person has set in ~/.config/environment.d, ~/.profile or "
            "~/.xsessionrc; close the session once",
            again=AGAIN,
        ),
    )


def expect_read(people, *parts):
    """Nobody's own programs kept an answer back: then it is unknown, whatever the others say."""
    missing = judge.unread(people, *parts)
    if missing:
        unknown(message("{missing;}", missing=missing))


def keys(settings, desktops, without=()):
    """The dconf keys of some desktops."""
    return [
        k for k in settings.screen_lock_keys if k["desktop"] in desktops and k["key"] not in without
    ]


def any_desktop(seen):
    """Whether anybody can have a graphical session here."""
    return any(seen["desktops"].values()) or bool(seen["offered"])
