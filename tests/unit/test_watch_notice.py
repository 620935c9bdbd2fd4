"""Who is shown a warning, and what is kept for who logs in later."""

import ast
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import socle
from socle.watch import notify
from socle.watch.model import Notice, Title

NOTICE = Notice(
    "accueil",
    "cabinet",
    (Title("Pare-feu & flux <déclarés>", "Firewall"),),
    (),
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    "Info Santé",
)
ON_HOSTS = ("model", "words", "notify", "mail", "drop", "places")

LISTED = """\
     1 1000 camille seat0 tty2 active no -
     2 1001 eve     seat0 tty3 online no -
"""
SESSION = "Id={}\nUser=0\nType={}\nClass={}\nActive={}\nState={}\nLockedHint={}\n"


@pytest.fixture
def sessions(monkeypatch):
    """What logind says; ``sessions(block, …)``."""

    def said(*blocks):
        answers = iter([LISTED, "\n".join(blocks)])
        monkeypatch.setattr(notify, "_run", lambda *_, **__: next(answers))

    return said


def test_only_graphical_sessions_that_somebody_looks_at_are_shown(sessions):
    sessions(
        SESSION.format(1, "wayland", "user", "yes", "active", "no"),
        SESSION.format(2, "x11", "user", "yes", "active", "no"),
        SESSION.format(3, "tty", "user", "yes", "active", "no"),
        SESSION.format(4, "wayland", "greeter", "yes", "active", "no"),
        SESSION.format(5, "wayland", "user", "no", "online", "no"),
        SESSION.format(6, "wayland", "user", "yes", "closing", "no"),
    )
    assert [one["Id"] for one in notify.active()] == ["1", "2"]


def test_nobody_logged_in_is_remembered(sessions, tmp_path):
    file = tmp_path / "notice/notice.txt"
    sessions()
    assert notify.desktop(NOTICE, file) == []
    assert file.read_text().split("\n") == [
        "Sécurité de accueil : 1 promesse n'est plus tenue",
        "À appeler : Info Santé",
        "• Pare-feu & flux <déclarés>",
        "",
    ]
    assert file.stat().st_mode & 0o777 == 0o644
    assert file.parent.stat().st_mode & 0o777 == 0o755


def test_good_news_leave_nothing_for_the_next_login(sessions, tmp_path):
    file = tmp_path / "notice/notice.txt"
    notify.remember(NOTICE, file)
    notify.remember(replace(NOTICE, broken=()), file)
    notify.remember(replace(NOTICE, broken=()), file)
    assert not file.exists()


def test_a_machine_without_logind_is_an_attempt_that_failed(tmp_path, monkeypatch):
    def dead(command, **_):
        raise subprocess.TimeoutExpired(command, 30)

    monkeypatch.setattr(notify, "_run", dead)
    [attempt] = notify.desktop(NOTICE, tmp_path / "notice.txt")
    assert (attempt.ok, attempt.reason) == (False, "no answer within 30 s")


@pytest.mark.parametrize("locked", ["yes", "no"])
def test_a_locked_screen_is_told_so(sessions, tmp_path, monkeypatch, locked):
    program = tmp_path / "program.py"
    program.write_text("import sys; sys.exit(' '.join(sys.argv[1:]) or 'nothing')")
    sessions(SESSION.format(1, "wayland", "user", "yes", "active", locked))
    monkeypatch.setattr(notify.pwd, "getpwuid", lambda _: notify.pwd.struct_passwd(
        ("camille", "x", notify.os.getuid(), notify.os.getgid(), "", "/", "")))  # fmt: skip
    [attempt] = notify.desktop(NOTICE, tmp_path / "notice.txt", program)
    assert attempt.to == "camille"
    assert attempt.reason == ("covered" if locked == "yes" else "nothing")


@pytest.mark.parametrize("name", ON_HOSTS)
def test_hosts_need_nothing_but_python(name):
    tree = ast.parse((Path(socle.__file__).parent / f"watch/{name}.py").read_text())
    found = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in (
            [f"socle.{a.name}" for a in node.names] if node.module == "socle" else [node.module]
        )
    }
    found |= {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    ours = {
        "socle.bounds",
        "socle.harmless",
        "socle.person",
        "socle.evidence",
        "socle.evidence.files",
        "socle.evidence.manifest",
        "socle.watch",
    }
    ours |= {f"socle.watch.{other}" for other in ON_HOSTS}
    assert {one for one in found if one.split(".")[0] not in sys.stdlib_module_names} <= ours
