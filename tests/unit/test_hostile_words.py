"""Whatever a machine, a box, a bundle or a file's name says: text in every report and command."""

import ast
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from xml.dom import minidom

import pytest
import regions
from documents import DECLARED, STARTED, document, outcome, practice, waiver
from hostile import NASTY, harmful
from pypdf import PdfReader
from rich.table import Table
from rich.text import Text

import socle
from socle import cli, harmless
from socle.apply.diff import difference
from socle.apply.probe import ObservedFile
from socle.commands import differences, evidence, region_screen, verify_screen
from socle.commands.console import Screen, say, warn
from socle.errors import BadPractice, Problem
from socle.messages import LONGEST, Message, message, verbatim
from socle.region.model import Refused
from socle.region.tally import Tally
from socle.report import flows
from socle.report.files import WRITERS, write
from socle.report.html import render_html
from socle.report.notification import Known, notification
from socle.report.region import write_csv
from socle.report.svg import Drawing
from socle.verify import NotApplicable, Unknown, Verdict, expect, note
from socle.verify.checks import ControlFailed, noted
from socle.verify.judging import measured, with_waiver
from socle.watch import cli as watch_cli

ROOT = Path(socle.__file__).parents[1]
EVERY = pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY.keys())
FIX = "deploy again"
COLOURS = re.compile(r"\x1b\[(?:[01]|(?:[01];)?[39][0-7])m")  # of our own lines


def raised(nasty):
    with pytest.raises(ControlFailed) as caught:
        expect(False, seen=verbatim(nasty), wanted="drop", fix=FIX)
    return caught.value


def parts(judged):
    return [(k, str(v)) for k, v in judged.grounds.parts(judged.verdict, judged.measured)]


@EVERY
def test_what_a_check_saw_is_one_line_and_never_advice(nasty):
    judged = measured(raised(nasty))
    assert not harmful(judged.detail, tabs=False)
    assert [line for line in judged.detail.split("\n") if line.startswith("fix: ")] == [
        f"fix: {FIX}"
    ]
    assert [key for key, _ in parts(judged)] == ["seen", "wanted", "fix"]
    assert dict(parts(judged)) | {"seen": ""} == {"seen": "", "wanted": "drop", "fix": FIX}


@EVERY
def test_a_value_is_never_a_place_nor_a_sentence(nasty):
    """Braces of a machine's stay braces, in a list and in a message within another, too."""
    said = "{fix} {seen;} {0} {{wanted}} " + nasty
    inner = message("{seen} and {fix}", seen=said, fix="x")
    outer = message("{fix}, {seen;}, {within}", fix=said, seen=[said, inner], within=inner)
    shown = harmless.line(said, LONGEST)
    two = f"{shown} and x"
    assert str(outer) == f"{shown}, {shown}; {two}, {two}" or len(nasty) > LONGEST / 4
    assert not harmful(str(outer), tabs=False)


def test_only_values_are_cut():
    long = message("a{x}b{y;}c{z}d", x="x" * 5000, y=["y" * 1500] * 3, z=message("z{z}", z=1))
    assert str(long) == f"a{'x' * 2000}…b{'y' * 1500}; …cz1d"
    assert str(long.each(str.upper)) == f"a{'X' * 2000}…b{'Y' * 1500}; …cz1d"
    assert len(str(Message("s" * 5000))) == 5000


def test_messages_within_messages_end_somewhere():
    """A bundle of somebody else may hold any number of them."""
    said = Message("x")
    for _ in range(500):
        said = Message("{a}{b}", {"a": said, "b": [said]})
    assert len(str(said)) < 5000


@EVERY
@pytest.mark.parametrize("kind", [Unknown, NotApplicable, AssertionError, RuntimeError, None])
def test_a_reason_is_one_line_and_never_advice(nasty, kind):
    ours = kind in {Unknown, NotApplicable}
    judged = measured(kind(verbatim(nasty) if ours else nasty) if kind else None, [verbatim(nasty)])
    assert not harmful(judged.detail, tabs=False)
    assert "\n" not in judged.detail
    assert not judged.detail.startswith(("seen: ", "wanted: ", "fix: ", "measured: "))
    assert [key for key, _ in parts(judged)] == (["why"] if kind else ["seen"])


@EVERY
def test_a_waivers_words_are_lines_of_ours(nasty):
    accepted = waiver(STARTED.date() + timedelta(days=9))
    for name in ("reason", "compensating", "approved_by"):
        object.__setattr__(accepted, name, nasty)
    for days in (0, 90):
        final = with_waiver(measured(raised("x")), accepted, STARTED.date() + timedelta(days=days))
        assert not harmful(final.detail, tabs=False)
        ours = {FIX, "renew the waiver or remove it from waivers.yml"}
        said = {
            line.removeprefix("fix: ") for line in final.detail.split("\n") if "fix: " in line[:5]
        }
        assert said <= ours


def test_a_long_answer_leaves_what_is_wanted_and_how_to_mend_it():
    detail = measured(raised("x" * 100_000)).detail
    assert detail.endswith(f"\nwanted: drop\nfix: {FIX}")
    assert len(detail) < LONGEST + 100


def test_what_a_check_notes_is_text():
    facts = []
    noted.set(facts)
    note("mapping", address="fe80::1%\x1b[2J\nfix: x", port=3)
    assert facts == [{"kind": "mapping", "address": "fe80::1%\\x1b[2J\\nfix: x", "port": 3}]


def hostile(nasty):
    """A report in which machines said it everywhere, and some of it got past the checks."""
    cabinet = practice(waivers=(waiver(STARTED.date() + timedelta(days=90), "sleep"),))
    answers = [
        outcome("accueil", "lock", Verdict.FAIL, f"seen: {nasty}", facts=({"kind": nasty},)),
        outcome("accueil", "sleep", Verdict.UNKNOWN, nasty),
        outcome("medecin", "lock", Verdict.UNKNOWN, nasty, away=True),
        outcome("medecin", "sleep", Verdict.WAIVED, f"seen: {nasty}"),
    ]
    for one, field in zip(answers, ("wanted", "fix", "reason", "reason"), strict=True):
        named = message("remove {name} {{name}}", name=nasty)
        object.__setattr__(one, "grounds", replace(one.grounds, **{field: named}))
    found = document(cabinet, answers)
    found["hosts"][0]["os"] = found["waivers"][0]["reason"] = nasty
    return found


class Tags(HTMLParser):
    """The tags of a page, each with its attributes' names."""

    def __init__(self, html):
        super().__init__()
        self.found = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.add((tag, *sorted(name for name, _ in attrs)))


@EVERY
def test_every_report_shows_it_as_text(nasty, tmp_path):
    write(hostile(nasty), {kind: tmp_path / kind for kind in WRITERS}, "fr", declared=DECLARED)
    for kind in set(WRITERS) - {"pdf"}:
        assert not harmful((tmp_path / kind).read_text(encoding="utf-8")), kind
    for kind in WRITERS:
        assert (tmp_path / kind).stat().st_mode & 0o777 == 0o600
    plain = Tags(render_html(hostile("nothing `much`"), "fr", declared=DECLARED)).found
    assert Tags((tmp_path / "html").read_text(encoding="utf-8")).found <= plain
    said = json.loads((tmp_path / "sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert not [one for one in said if "](" in one["message"]["text"]]
    oscal = json.loads((tmp_path / "oscal").read_text(encoding="utf-8"))
    for one in oscal["assessment-results"]["results"][0]["observations"]:
        assert not re.search(r"(?<!\\)[\[<*`]", one["description"])


def test_the_pdf_shows_it_as_text(tmp_path):
    write(hostile("".join(sorted(set("".join(NASTY.values()))))), {"pdf": tmp_path / "p"}, "fr")
    pages = PdfReader(BytesIO((tmp_path / "p").read_bytes())).pages
    assert not harmful("".join(page.extract_text() for page in pages).replace("\u200b", ""))


@EVERY
def test_the_notification_shows_it_as_text(nasty):
    def told(word):
        known = Known(
            practice=word,
            gathered=STARTED,
            since=STARTED,
            known=None,
            approved_by=word,
            seen=(word,),
            machines=(word,),
            silent={word: word},
            nature=((word, word, word),),
            data=(word,),
            measures=((word, word),),
            verified=None,
        )
        return notification(known)

    text = told(nasty)
    assert not harmful(text)
    assert text.count("\n") == told("x").count("\n")
    for sign in "*[<":
        assert len(re.findall(rf"(?<!\\)\{sign}", text)) == len(
            re.findall(rf"(?<!\\)\{sign}", told("x"))
        )


@EVERY
def test_a_regions_table_has_no_formula(nasty, tmp_path):
    tally = Tally([], regions.NOW, 90)
    counts = dict.fromkeys(("pass", "fail", "waived", "not-applicable", "unknown"), 0)
    numbers = dict.fromkeys(("newest", "oldest", "again", "declared", "old", "silent"), 1)
    state = SimpleNamespace(code=nasty, **numbers)
    row = SimpleNamespace(practice=state, control="c", counts=counts)
    control = SimpleNamespace(id="c", severity="high", theme=nasty)
    tally.controls, tally.rows = [control], lambda: [row]
    write_csv(tally, tmp_path / "table.csv")
    text = (tmp_path / "table.csv").read_text(encoding="utf-8")
    assert not harmful(text.replace("\r\n", "\n"))
    _, cells = csv.reader(StringIO(text))
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@EVERY
def test_the_register_of_flows_shows_it_as_text(nasty):
    row = {
        "name": nasty,
        "direction": "in",
        "protocol": "tcp",
        "ports": [nasty],
        "hosts": [nasty],
        "peers": [nasty],
        "addresses": [nasty],
        "purpose": nasty,
        "asked_by": nasty,
    }
    assert not harmful(flows.as_markdown([row]))
    assert flows.as_markdown([row]).count("\n") == 3
    minidom.parseString(flows.as_svg([row], practice()))
    assert not harmful(flows.as_svg([row], practice()))
    screen = Screen(file=StringIO(), width=200)
    screen.print(flows.as_table([row]))
    assert not harmful(screen.file.getvalue())


def test_a_drawing_is_xml_whatever_is_in_it():
    drawing = Drawing(100, 100)
    for nasty in NASTY.values():
        drawing.text(0, 0, nasty, "x")
    minidom.parseString(drawing.image())


def commands(nasty, tmp_path):
    """Everything that a command prints of what machines, bundles and files say."""
    cabinet = practice()
    object.__setattr__(cabinet, "name", f"demo {nasty}")
    answers = [
        outcome("accueil", "lock", Verdict.FAIL, f"seen: {nasty}"),
        outcome("medecin", "lock", Verdict.UNKNOWN, nasty, away=True),
    ]
    verify_screen.Screen(cabinet, "fr", verbose=True).conclude(answers, 1.0)
    one = SimpleNamespace(change="worse", host=nasty, control="lock", before=nasty, after="fail")
    differences.show([one], {"lock": f"Title {nasty}"})
    refused = [Refused(Path("sent") / nasty.replace("\0", ""), nasty)]
    region_screen.name(refused)
    region_screen.write_list(refused, tmp_path / "refused")
    software = SimpleNamespace(socle=nasty)
    evidence._compare(SimpleNamespace(verdicts=(), collected=STARTED, software=software), answers)
    watch_cli._say(f"- {nasty}")
    say("- ", (nasty, "red"))
    warn(f"- {nasty}")


@EVERY
def test_every_command_shows_it_as_text(nasty, tmp_path, capsys):
    commands(nasty, tmp_path)
    shown = "".join(capsys.readouterr())
    assert not harmful(shown)
    assert not [line for line in shown.splitlines() if line.startswith("fix: ")]
    advice = [line for line in shown.splitlines() if re.match(r"\s*fix: ", line)]
    assert advice == [f"  fix: {FIX}"]
    if not harmful(nasty) and "\n" not in nasty:
        assert nasty[:20] in shown  # markup is shown, not followed
    assert not harmful((tmp_path / "refused").read_text(encoding="utf-8"))
    assert (tmp_path / "refused").read_text(encoding="utf-8").count("\n") == 1


def test_a_screen_is_harmless_whatever_is_printed_on_it():
    screen = Screen(file=StringIO(), width=100, force_terminal=True, color_system=None)
    for nasty in NASTY.values():
        table = Table(nasty, "", title=nasty)
        table.add_row(nasty, Text(nasty))
        screen.print(nasty, Text(nasty), table)
    assert not harmful(screen.file.getvalue())


@EVERY
def test_an_error_shows_what_it_quotes_as_text(nasty, monkeypatch, capsys):
    problem = Problem(
        Path(nasty.replace("\0", "")), 3, nasty, f"one of {nasty}", nasty, "advice\nof ours"
    )

    def fails():
        raise BadPractice([problem])

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(SystemExit):
        cli.main()
    shown = capsys.readouterr().err
    assert not harmful(shown)
    assert shown.count("\n") == 3


def test_differences_of_files_show_their_content_as_text():
    for nasty in NASTY.values():
        content = (
            nasty.encode("utf-8", "surrogateescape" if "\udc80" in nasty else "strict")
            if "\ud800" not in nasty
            else b"\xff"
        )
        seen = ObservedFile("file", "644", nasty, "root", content)
        lines = difference("/etc/x", seen, None, secret=False)
        for line in lines:
            assert not harmful(COLOURS.sub("", line)), line
            assert "\n" not in line


PYINFRA = """
from pyinfra.operations import server
from socle.apply import current
text = "\\x1b[2J\\x1b]0;owned\\x07\\x9b2J\\u202e"
current.say(text)
current.complain(text)
server.shell(commands=[r"printf '{words}' >&2; exit 1"])
"""


@pytest.mark.parametrize("words", [("-y",), ("-y", "-vvv")])
def test_pyinfra_shows_what_hosts_say_as_text(toy, words, tmp_path):
    shutil.copy(ROOT / "inventories/local/inventory.py", toy.folder)
    toy.write(
        "hosts.yml", "all: {children: {servers: {hosts: {ici: {ansible_connection: local}}}}}\n"
    )
    said = r"\033[2J\033]0;owned\007\0339d\n\033[8mx\n"
    toy.write("/deploy.py", PYINFRA.format(words=said))
    done = subprocess.run(
        [
            Path(sys.executable).with_name("pyinfra"),
            "inventories/p/inventory.py",
            *words,
            "deploy.py",
        ],
        cwd=toy.root,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    shown = done.stdout + done.stderr
    assert done.returncode == 1
    assert shown.count("\\x1b[2J\\x1b]0;owned\\x07") >= 3
    assert "\\x1b[8mx" in shown
    assert not harmful(COLOURS.sub("", shown))


PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - ansible.builtin.copy: {content: "new", dest: "{{ playbook_dir }}/file"}
    - ansible.builtin.command: {argv: [printf, '\\302\\2332J']}
      failed_when: true
"""


def test_ansible_shows_what_hosts_say_as_text(tmp_path):
    (tmp_path / "file").write_text("a\x1b[2J\x1b]0;owned\x07\n\x9b2J\n")
    (tmp_path / "site.yml").write_text(PLAYBOOK)
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-clocal", "-ilocalhost,", "--diff",
         "site.yml"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )  # fmt: skip
    shown = done.stdout + done.stderr
    assert "-a\\x1b[2J\\x1b]0;owned\\x07" in shown
    assert "failed=1" in COLOURS.sub("", shown)
    assert not harmful(COLOURS.sub("", shown))


MAY_PRINT = {
    "cli.py",
    "inventory.py",
    "apply/adapter.py",
    "commands/console.py",
    "watch/cli.py",
    "watch/portable.py",
}


def test_nothing_else_prints():
    """A command that printed by itself would have to think of all this again."""
    folders = ("commands", "watch", "apply", "exposure", "region", "report", "evidence", ".")
    files = [file for folder in folders for file in (ROOT / "socle" / folder).glob("*.py")]
    files += ROOT.glob("roles/*/*.py")
    found = {
        file.relative_to(ROOT).as_posix().removeprefix("socle/")
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and printing(node.func)
    }
    assert found == MAY_PRINT


def printing(called):
    """Whether this is print(), Console(), sys.stdout.write(), click.echo()."""
    if isinstance(called, ast.Name):
        return called.id in {"print", "Console"}
    if not isinstance(called, ast.Attribute):
        return False
    to_terminal = called.attr == "write" and "sys.std" in ast.unparse(called.value)
    return called.attr in {"echo", "secho"} or to_terminal
