"""Accounts, groups and PAM as machines print them (``data/people``): who gets in, and by what."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socle.machine.pam import GATES, Pam
from socle.machine.people import People

FILES = sorted((Path(__file__).parent / "data/people").glob("*.txt"))
DEBIAN = """\
auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
"""
OPEN = "auth sufficient pam_permit.so\n"
FAILLOCK = """\
auth [success=1 default=ignore] pam_unix.so nullok
auth [default=die] pam_faillock.so authfail
auth sufficient pam_faillock.so authsucc
auth requisite pam_deny.so
auth required pam_permit.so
"""
SUFFICIENT = """\
auth required pam_env.so
auth sufficient pam_unix.so nullok
auth required pam_deny.so
"""
BOTH = """\
auth [success=1 default=ignore] pam_unix.so
auth substack common-auth
auth requisite pam_deny.so
"""


def pam(**files):
    return Pam.of(
        "\n".join(
            f"{name.replace('_', '-')}\t{line}"
            for name in files
            for line in files[name].split("\n")
        )
    )


def by(rules):
    return rules[-1].text if rules else None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stock_machine_lets_nobody_in(file):
    people = People.of(file.read_text())
    assert people.without_password == []
    assert people.unread == ()
    open_ones = {name for name in people.pam.files if people.pam.way_in(name)}
    meant = {"gdm-autologin", "gdm-launch-environment", "lightdm-autologin", "lightdm-greeter"}
    for_root = {"su", "su-l", "runuser", "runuser-l", "chsh", "chfn"}
    for_services = {"systemd-user"}
    assert open_ones <= meant | for_root | for_services
    assert {rule.module for name in people.pam.files for rule in people.pam.auth(name)} <= {
        *("unix", "deny", "sss", "fprintd", "pkcs11"),
        *GATES,
    }


def test_an_account_without_a_password_is_named_once_the_shadow_says_so():
    text = FILES[-1].read_text()
    assert "dominique:locked" in text
    people = People.of(text.replace("dominique:locked", "dominique:empty"))
    assert [one.name for one in people.without_password] == ["dominique"]
    people = People.of(text.replace("camille:shadow:", "camille:empty:"))
    assert [one.name for one in people.without_password] == ["camille"]


def test_a_first_group_has_members_that_it_does_not_list():
    text = FILES[-1].read_text()
    gid = "1001"
    people = People.of(text.replace("== pam", f"nopasswdlogin:{gid}:\n== pam"))
    assert people.groups["nopasswdlogin"] == {"dominique"}


def test_one_odd_line_hides_no_other():
    text = FILES[-1].read_text().replace("== shadow", "eve:shadow:x:1:/:/bin/sh\nodd\n== shadow")
    people = People.of(text)
    assert people.unread == ("eve", "odd")
    assert len(people.accounts) == len(People.of(FILES[-1].read_text()).accounts)


@pytest.mark.parametrize("cut", ["", "== end\n", "== passwd\n== shadow\n== end\n"])
def test_an_answer_without_accounts_is_no_answer(cut):
    with pytest.raises(ValueError, match="accounts"):
        People.of(cut)


@pytest.mark.parametrize(
    ("stack", "way"),
    [
        (DEBIAN, None),
        (OPEN + DEBIAN, "auth sufficient pam_permit.so"),
        ("auth sufficient pam_succeed_if.so uid >= 1000\n" + DEBIAN, "uid >= 1000"),
        ("auth [success=2 default=ignore] pam_exec.so /x\n" + DEBIAN, "pam_permit.so"),
        ("auth [success=done default=ignore] pam_exec.so \\\n /x y\n" + DEBIAN, "/x y"),
        (DEBIAN.replace("auth requisite pam_deny.so\n", ""), "pam_permit.so"),
        (DEBIAN.replace("default=ignore", "default=1"), "pam_permit.so"),
        ("auth required pam_unix.so\nauth sufficient pam_permit.so\n", None),
        ("auth [default=reset] pam_unix.so\nauth required pam_permit.so\n", "pam_permit.so"),
        (SUFFICIENT, None),
        (FAILLOCK, None),
        ("auth optional pam_unix.so\nauth required pam_env.so\n", "pam_env.so"),
        ("auth sufficient pam_u2f.so cue\n" + DEBIAN, None),
        ("auth [success=9 default=ignore] pam_permit.so\n" + DEBIAN, None),
        ("# auth sufficient pam_permit.so\n-auth optional pam_gnome_keyring.so\n" + DEBIAN, None),
        ("auth sufficient /lib/x/security/pam_permit.so\n" + DEBIAN, "/lib/x/security"),
        ("@include nowhere\nauth sufficient pam_permit.so\n", None),
        ("@include login\nauth sufficient pam_permit.so\n", None),
    ],
)  # fmt: skip
def test_a_way_in_without_a_secret(stack, way):
    found = by(pam(login=stack).way_in("login"))
    assert found is None if way is None else way in found


def test_what_is_included_counts_where_it_stands():
    files = {"common_auth": DEBIAN, "login": "@include common-auth\nauth optional pam_group.so"}
    assert pam(**files).way_in("login") == []
    assert pam(**{**files, "common_auth": OPEN}).way_in("login")
    substack = "auth substack common-auth\nauth requisite pam_deny.so"
    assert pam(common_auth=OPEN, login=substack).way_in("login") == []
    assert pam(common_auth=OPEN, login="auth include common-auth\n" + DEBIAN).way_in("login")
    assert pam(common_auth=OPEN, login=BOTH).way_in("login") == []


def test_a_condition_that_nobody_meets_is_no_way_in():
    stack = "auth sufficient pam_succeed_if.so user ingroup nopasswdlogin\n" + DEBIAN
    assert pam(login=stack).way_in("login")
    assert not pam(login=stack).way_in("login", lambda rule: "nopasswdlogin" in rule.words)


@pytest.mark.parametrize("module", ["pam_howdy.so", "/opt/pam_unix.so", "nothing"])
def test_an_unknown_module_is_said_to_be_one(module):
    [*_, last] = pam(login=f"auth sufficient {module}\n{DEBIAN}").way_in("login")
    assert not last.known
    unknown = lambda rule: not rule.known  # noqa: E731
    assert pam(login=f"auth sufficient {module}\n{DEBIAN}").way_in("login", unknown) == []


def test_files_that_include_each_other_many_times_are_an_error_of_ours():
    files = {f"s{n}": f"@include s{n + 1}\n@include s{n + 1}" for n in range(30)}
    with pytest.raises(ValueError, match="more than"):
        pam(**files, s30=DEBIAN).way_in("s0")


def mutated(text):
    """A recorded answer, with any text in place of any piece of it."""
    size = len(text)
    cut = st.tuples(st.integers(0, size), st.integers(0, 60), st.text(max_size=30))
    return cut.map(lambda c: text[: c[0]] + c[2] + text[c[0] + c[1] :])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_a_machine_answers_nothing_else_is_raised(data):
    text = data.draw(mutated(FILES[-1].read_text()))
    try:
        people = People.of(text)
        for service in people.pam.files:
            people.pam.way_in(service)
    except ValueError as error:
        assert "accounts" in str(error) or "PAM" in str(error)  # noqa: PT017


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n="), max_size=40)))
@settings(deadline=None)
def test_no_line_hides_an_account_without_a_password(odd):
    text = FILES[-1].read_text().replace("dominique:locked", "dominique:empty")
    first, rest = text.split("== shadow", 1)
    people = People.of("\n".join([first.rstrip(), *map(repr, odd), "== shadow" + rest]))
    assert "dominique" in [one.name for one in people.without_password]
