"""One Jinja for both engines: the same bytes as ``ansible.builtin.template``.

pyinfra's own template renderer differs (``trim_blocks``, final newlines, filters), hence this one.
The few constructs that no settings of Jinja make equal are refused by `lint`; the filters and
tests of `FILTERS` and `TESTS` are compared with Ansible's, byte for byte, by the unit tests.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import Any, cast

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateSyntaxError, meta, nodes
from jinja2.filters import FILTERS as _BUILT_IN
from jinja2.sandbox import SandboxedEnvironment
from jinja2.tests import TESTS as _BUILT_IN_TESTS

from socle.errors import Problem, SocleError

_YES, _NO = ("yes", "on", "true", "1"), ("no", "off", "false", "0")


class BadTemplate(SocleError):
    """A template that cannot be rendered with these variables."""


def _bool(value: object) -> bool:
    text = str(value).lower()
    if text not in _YES + _NO:
        raise ValueError(f"the filter bool takes yes or no, true or false, not {value!r}")
    return text in _YES


def _quote(value: object) -> str:
    return shlex.quote("" if value is None else str(value))


def _ternary(value: object, yes: object, no: object, none: object = None) -> object:
    if value is None and none is not None:
        return none
    return yes if value else no


def _regex_replace(value: object, pattern: str, replacement: str = "") -> str:
    return re.sub(pattern, replacement, str(value))


def _to_json(value: object, indent: int | None = None, sort_keys: bool = False) -> str:
    return json.dumps(value, indent=indent, sort_keys=sort_keys)


def _b64encode(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _eager(lazy: Callable[..., Any]) -> Callable[..., Any]:
    """The filter ``lazy`` giving a list, as Ansible has it, in place of a generator."""

    @wraps(lazy)  # which also tells Jinja that the filter wants its context
    def eager(*args: Any, **kwargs: Any) -> list[Any]:
        return list(lazy(*args, **kwargs))

    return eager


_OWN: dict[str, Callable[..., Any]] = {
    "b64encode": _b64encode,
    "bool": _bool,
    "quote": _quote,
    "regex_replace": _regex_replace,
    "ternary": _ternary,
    "to_json": _to_json,
}
# fmt: off
_SHARED = (
    "abs", "d", "default", "dictsort", "first", "float", "indent", "int", "join", "last", "length",
    "list", "lower", "max", "min", "replace", "round", "sort", "string", "sum", "title", "trim",
    "upper",
)
_LAZY = ("map", "reject", "rejectattr", "select", "selectattr", "unique")
_SHARED_TESTS = (
    "boolean", "defined", "divisibleby", "eq", "equalto", "even", "float", "ge", "gt", "in",
    "integer", "iterable", "le", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sameas",
    "sequence", "string", "undefined", "upper",
)
_ENGINE = (
    "environment", "group_names", "groups", "hostvars", "inventory_dir", "inventory_hostname",
    "lookup", "now", "omit", "play_hosts", "playbook_dir", "q", "query", "role_name", "role_path",
    "undef", "vars",
)
# fmt: on
FILTERS: Mapping[str, Callable[..., Any]] = {
    **{name: _BUILT_IN[name] for name in _SHARED},
    **{name: _eager(_BUILT_IN[name]) for name in _LAZY},
    **_OWN,
}
"""What templates may use after ``|``."""
TESTS: Mapping[str, Callable[..., Any]] = {
    name: cast("Callable[..., Any]", _BUILT_IN_TESTS[name]) for name in _SHARED_TESTS
}
"""What templates may use after ``is``."""
_GLOBALS = ("namespace", "range")
_MARKERS = ("{{", "{%", "{#")


def render(template: Path, variables: Mapping[str, Any], search: Path | None = None) -> str:
    """The text of ``template`` with ``variables`` put in.

    ``search``: the folder where ``{% include %}`` looks, the checkout: Ansible looks there too,
    because ``site.yml`` is there. Raises `BadTemplate` with file and line.
    """
    source = _source(template)
    try:
        text = _compiled(source, template, search).render(variables)
    except TemplateSyntaxError as error:
        raise BadTemplate(f"{template}:{error.lineno}: {error.message}") from None
    except Exception as error:
        raise BadTemplate(f"{template}:{_line(error, template)}: {error}") from error
    return text + "\n" * max(0, _final_newlines(source) - _final_newlines(text))


def lint(template: Path, known: Collection[str] | None = None) -> list[Problem]:
    """What in ``template`` could come out differently under Ansible, or not at all.

    ``known``: names of the variables that exist; without it only the engine's own are refused.
    """
    source = _source(template)
    try:
        tree = _environment(None)._parse(source, None, None)
    except TemplateSyntaxError as error:
        return [Problem(template, error.lineno, "template", "valid Jinja", error.message)]
    found = {*_pieces(tree, source), *_calls(tree)}
    if not found:  # else Jinja cannot tell which names the template binds itself
        found.update(_names(tree, known))
    return [Problem(template, line, where, wanted) for line, where, wanted in sorted(found)]


Finding = tuple[int, str, str]  # line, where, what is expected


def _pieces(tree: nodes.Template, source: str) -> Iterator[Finding]:
    if source.startswith("#jinja2:"):
        yield 1, "#jinja2:", "no such line, only Ansible reads it"
    literal = [
        child
        for node in tree.body
        if isinstance(node, nodes.Output)
        for child in node.nodes
        if isinstance(child, nodes.TemplateData)
    ]
    if not literal:
        wanted = "some text outside of all blocks: Ansible takes a lone value for data"
        yield 1, "template", wanted
    for constant in tree.find_all(nodes.Const):
        text = constant.value
        if isinstance(text, str) and any(marker in text for marker in _MARKERS):
            yield constant.lineno, "text", "no Jinja inside a quoted text: Ansible would expand it"


def _calls(tree: nodes.Template) -> Iterator[Finding]:
    for call in tree.find_all((nodes.Filter, nodes.Test)):
        kind, allowed = ("filter", FILTERS) if isinstance(call, nodes.Filter) else ("test", TESTS)
        if call.name not in allowed:
            yield call.lineno, call.name, f"a {kind} that both engines share: {', '.join(allowed)}"
    loops = {id(pair) for loop in tree.find_all(nodes.For) for pair in _pairs(loop.iter)}
    for pair in _pairs(tree):
        if id(pair) not in loops:
            wanted = "pairs in a for loop only: Ansible prints them in another way"
            yield pair.lineno, "items", wanted


def _pairs(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Expressions that give tuples, where Ansible gives lists."""
    for found in (tree, *tree.find_all((nodes.Filter, nodes.Call))):
        if isinstance(found, nodes.Filter) and found.name == "dictsort":
            yield found
        if isinstance(found, nodes.Call) and getattr(found.node, "attr", "") == "items":
            yield found


def _names(tree: nodes.Template, known: Collection[str] | None) -> Iterator[Finding]:
    undeclared = meta.find_undeclared_variables(tree)
    for name in tree.find_all(nodes.Name):
        if name.name not in undeclared:
            continue
        if name.name in _ENGINE or name.name.startswith(("ansible_", "template_")):
            yield name.lineno, name.name, "nothing that only Ansible has"
        elif known is not None and name.name not in known and name.name not in _GLOBALS:
            yield name.lineno, name.name, "a variable that a room defines"


@cache
def _environment(search: Path | None) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(search) if search is not None else None,
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=False,
        keep_trailing_newline=False,
        finalize=lambda value: "" if value is None else value,
    )
    environment.filters = dict(FILTERS)
    environment.tests = dict(TESTS)
    environment.globals = {name: environment.globals[name] for name in _GLOBALS}
    return environment


@lru_cache(maxsize=512)
def _compiled(source: str, template: Path, search: Path | None) -> Template:
    environment = _environment(search)
    code = environment.compile(source, template.name, str(template))
    return Template.from_code(environment, code, dict(environment.globals))


def _source(template: Path) -> str:
    return template.read_bytes().decode()  # not read_text(): it would change the line ends


def _line(error: BaseException, template: Path) -> int:
    """The line of ``template`` where ``error`` came up; Jinja rewrites the traceback so."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(template)]
    return (lines[-1] if lines else 0) or 0


def _final_newlines(text: str) -> int:
    return len(text) - len(text.rstrip("\n"))
