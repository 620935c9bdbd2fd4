"""What PAM's files ask of who wants in (pam.d(5)), and whether a service lets in without a secret.

Every stack is gone through as libpam does it (its actions ``ok``, ``done``, ``bad``, ``die``,
``ignore``, ``reset`` and jumps), with every answer that a module may give to somebody who knows no
secret. A way through is a way in. Pure: no host.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice

SECRETS = frozenset((
    "unix", "sss", "krb5", "ldap", "winbind", "systemd_home", "fprintd", "u2f", "pkcs11", "p11",
    "poldi", "oath", "radius_auth", "google_authenticator", "yubico", "pwdfile",
    "ssh_agent_auth"
))  # fmt: skip
"""Modules that let nobody in who has no password, finger, card or key."""
GATES = frozenset((
    "permit", "succeed_if", "listfile", "exec", "rootok", "localuser", "wheel", "rhosts",
    "access", "time", "shells", "securetty", "nologin", "faildelay", "faillock", "tally2",
    "env", "motd", "cap", "group", "gnome_keyring", "kwallet", "kwallet5", "kwallet6",
    "loginuid", "keyinit", "selinux", "echo", "issue", "warn", "mail", "limits", "mount",
    "ecryptfs", "lastlog", "umask", "gdm", "systemd", "systemd_loadkey", "debug", "timestamp"
))  # fmt: skip
"""Modules that answer by something else than a secret, or only do something on the way."""
SYSTEM = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/")
FAILURES = ("auth_err", "authinfo_unavail", "user_unknown")
SUCCESS, DEFAULT = "success", "default"
MOST = 400  # rules of one stack
DEEPEST = 32  # files that include each other, as libpam has it
WORDS: Mapping[str, Mapping[str, str]] = {
    "required": {SUCCESS: "ok", "new_authtok_reqd": "ok", "ignore": "ignore", DEFAULT: "bad"},
    "requisite": {SUCCESS: "ok", "new_authtok_reqd": "ok", "ignore": "ignore", DEFAULT: "die"},
    "sufficient": {SUCCESS: "done", "new_authtok_reqd": "done", DEFAULT: "ignore"},
    "optional": {SUCCESS: "ok", "new_authtok_reqd": "ok", DEFAULT: "ignore"},
}
_RULE = re.compile(r"(-?\w+)\s+(\[[^\]]*\]|\S+)\s+(\S+)(?:\s+(.*))?")
_ACTIONS = re.compile(r"(\w+)\s*=\s*(\w+)")


class Impression(Enum):
    """What a stack would answer if it ended here."""

    NONE = 0
    YES = 1
    NO = 2


@dataclass(frozen=True)
class Rule:
    """One line of a stack, as it is written; ``level``: how many substacks it stands in."""

    text: str
    actions: Mapping[str, str]
    module: str
    words: str
    level: int = 0

    @property
    def known(self) -> bool:
        """Whether it is one of the modules that are known here."""
        return self.module in SECRETS | GATES | {"deny"}

    def answers(self, never: Callable[[Rule], bool]) -> tuple[str, ...]:
        """What it may say to somebody without a secret; ``never``: rules that nobody meets."""
        if self.module == "permit":
            return (SUCCESS,)
        refuses = self.module in SECRETS or self.module == "deny" or never(self)
        return FAILURES if refuses else (SUCCESS, "ignore", *FAILURES)

    def action(self, answer: str) -> str:
        """What libpam does after that answer."""
        return self.actions.get(answer, self.actions.get(DEFAULT, "bad"))


@dataclass(frozen=True)
class Pam:
    """The files of PAM: service -> its lines."""

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Pam:
        """Read ``SERVICE<tab>LINE``; comments go, lines that end in a backslash go on."""
        files: dict[str, list[str]] = {}
        going_on = ""
        for row in text.split("\n"):
            service, tab, line = row.partition("\t")
            if not tab:
                continue
            words = going_on + line.partition("#")[0].strip()
            going_on = words[:-1] + " " if words.endswith("\\") else ""
            lines = files.setdefault(service, [])
            if words and not going_on:
                lines.append(words)
        return cls({name: tuple(lines) for name, lines in files.items()})

    def auth(self, service: str) -> list[Rule]:
        """The rules of a service's auth stack, with what it includes.

        Raises ValueError where there are too many.
        """
        rules = list(islice(self._auth(service, 0, ()), MOST + 1))
        if len(rules) > MOST:
            raise ValueError(f"PAM has more than {MOST} rules for {service}")
        return rules

    def way_in(self, service: str, never: Callable[[Rule], bool] = lambda _: False) -> list[Rule]:
        """The rules that let somebody in who knows no secret; none where there is no such way.

        ``never``: says of a rule that nobody meets its condition. Raises ValueError as `auth`.
        """
        rules = self.auth(service)
        reached: dict[tuple[int, Impression], tuple[Rule, ...]] = {(0, Impression.NONE): ()}
        for index, rule in enumerate(rules):
            for impression in Impression:
                helped = reached.get((index, impression))
                if helped is None:
                    continue
                for answer in rule.answers(never):
                    place = _next(rules, index, impression, answer)
                    by = (*helped, rule) if answer == SUCCESS else helped
                    if place is not None and len(by) < len(reached.get(place, (*by, rule))):
                        reached[place] = by
        return list(reached.get((len(rules), Impression.YES), ()))

    def _auth(self, service: str, level: int, above: tuple[str, ...]) -> Iterator[Rule]:
        """A loop, or a file that is not there: libpam lets nobody in."""
        if service in above or service not in self.files or len(above) >= DEEPEST:
            yield Rule(f"include {service}", WORDS["requisite"], "deny", "", level)
            return
        above = (*above, service)
        for line in self.files[service]:
            if line.startswith("@include"):
                yield from self._auth(line.removeprefix("@include").strip(), level, above)
                continue
            if line.split()[0].lstrip("-").lower() != "auth":
                continue
            found = _RULE.fullmatch(line)
            control, module = (found[2].lower(), found[3]) if found else ("required", line)
            if found is None:
                yield Rule(line, WORDS["required"], line, "", level)
            elif control in ("include", "substack"):
                yield from self._auth(module, level + (control == "substack"), above)
            else:
                yield _rule(line, control, module, found[4] or "", level)


def _rule(line: str, control: str, module: str, words: str, level: int) -> Rule:
    actions = WORDS.get(control)
    if actions is None:
        actions = dict(_ACTIONS.findall(control))
    name = module.rpartition("/")[2].removesuffix(".so").removeprefix("pam_")
    if module.startswith("/") and not module.startswith(SYSTEM):
        name = module  # somebody else's, whatever it is called
    return Rule(" ".join(line.split()), actions, name, words, level)


def _next(
    rules: list[Rule], index: int, impression: Impression, answer: str
) -> tuple[int, Impression] | None:
    """Where an answer leads, and what the stack thinks then; None where it ends with no."""
    rule, action = rules[index], rules[index].action(answer)
    after = index + 1
    if action.isdigit():
        for _ in range(int(action[:4])):
            if after >= len(rules):
                return None  # libpam takes a jump beyond the end for an error
            after = _skipped(rules, after, rule.level)
        return after, impression
    if action in ("ok", "done"):
        if impression is not Impression.NO and answer != "ignore":
            impression = Impression.YES if answer == SUCCESS else Impression.NO
        done = action == "done" and impression is Impression.YES
        return (_end(rules, index) if done else after), impression
    if action == "reset":
        return after, Impression.NONE
    if action == "ignore":
        return after, impression
    return None if action == "die" and rule.level == 0 else (after, Impression.NO)


def _skipped(rules: list[Rule], index: int, level: int) -> int:
    """Behind the rule at ``index``; a substack counts as one."""
    index += 1
    while index < len(rules) and rules[index].level > level:
        index += 1
    return index


def _end(rules: list[Rule], index: int) -> int:
    """Where ``done`` leads: the end of the substack, or of the stack."""
    level = rules[index].level
    while index < len(rules) and rules[index].level >= level:
        index += 1
    return index
