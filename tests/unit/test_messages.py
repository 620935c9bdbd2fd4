"""No sentence of a check is put together: what a machine said is a value in it.

So a sentence can be found by a translation, and no machine can write one.
"""

import ast
import re
from pathlib import Path

import pytest

import socle

ROOT = Path(socle.__file__).parents[1]
ENDS = {"NotApplicable", "Unknown", "Unreachable", "not_applicable", "unknown"}
SAYING = ENDS | {"ControlFailed", "expect"}
WORDS = {"seen", "wanted", "fix", "reason"}
PLACE = re.compile(r"\{([a-z][a-z0-9_]*);?\}")
FILES = [
    file
    for file in (*ROOT.glob("roles/*/*.py"), *ROOT.glob("socle/**/*.py"))
    if file.name not in {"checks.py", "messages.py"}
]


def offences(source):
    """``LINE: what is wrong`` of each sentence in a module that is put together."""
    tree = ast.parse(source)
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    names = dict(assignments(tree))
    for call in calls:
        if call.func.id in SAYING:
            said = [one.value for one in call.keywords if one.arg in WORDS]
            said += call.args[:1] if call.func.id in ENDS else []
            for one in said:
                yield from put_together(one, names)
        elif call.func.id in {"message", "Message"}:
            yield from unfit(call)


def assignments(tree):
    """Each name of a module with all that is ever assigned to it."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            both = ast.BinOp(node.target, node.op, node.value, lineno=node.lineno)
            found.setdefault(node.target.id, []).append(both)
    return found


def put_together(node, names):
    """What makes a sentence of this expression, if anything does."""
    added = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod)
    if added or isinstance(node, ast.JoinedStr) or is_made_by_a_call(node):
        yield f"{node.lineno}: {ast.unparse(node)}"
    elif isinstance(node, ast.IfExp | ast.BoolOp):
        parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
        for one in parts:
            yield from put_together(one, names)
    elif isinstance(node, ast.Name):
        others = {name: values for name, values in names.items() if name != node.id}
        for one in names.get(node.id, ()):
            yield from put_together(one, others)


def is_made_by_a_call(node):
    """Whether it is str(…), or text.format(…) and the like."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in {"format", "join", "replace"}
    return isinstance(node.func, ast.Name) and node.func.id == "str"


def unfit(call):
    """What is wrong with a call of ``message``: its sentence, or a value without a place."""
    first = call.args[0] if call.args else None
    texts = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
    if not all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in texts):
        yield f"{call.lineno}: the sentence is not written here"
        return
    if call.func.id == "Message":
        return
    named = {one.arg for one in call.keywords if one.arg}
    spread = any(one.arg is None for one in call.keywords)
    for text in texts:
        places = set(PLACE.findall(text.value))
        if named - places or (places - named and not spread):
            yield f"{call.lineno}: places {sorted(places)}, values {sorted(named)}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_sentence_is_put_together(file):
    found = list(offences(file.read_text(encoding="utf-8")))
    if file.is_relative_to(ROOT / "socle"):  # words of ours that are kept elsewhere: states, ports
        found = [one for one in found if not one.endswith("not written here")]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'unknown(f"no {x}")',
        'raise Unknown("no " + x)',
        'not_applicable("no %s" % x)',
        'expect(y, seen="no {}".format(x), wanted="b", fix="c")',
        'expect(y, seen="a" if y else ", ".join(x), wanted="b", fix="c")',
        'expect(y, seen="a", wanted=x or f"{y}", fix="c")',
        'said = f"no {x}"\nexpect(y, seen="a", wanted="b", fix=said)',
        'said = "no"\nsaid += x\nunknown(said)',
        "unknown(str(x))",
        "message(x)",
        'message(f"{x}")',
        'message("no {a}", b=x)',
        'message("no {a}")',
        "Message(x)",
    ],
)
def test_what_is_put_together_is_seen(source):
    assert list(offences(source))


@pytest.mark.parametrize(
    "source",
    [
        'unknown("no disk")',
        'unknown(message("no {x;}", x=", ".join(x)))',
        'expect(y, seen=message("a {n}" if y else "b {n}", n=1), wanted=AGAIN, fix=one.words)',
        'message("{a} {b}", a=1, **values)',
    ],
)
def test_what_is_not_is_let_pass(source):
    assert not list(offences(source))
