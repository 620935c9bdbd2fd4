"""Consoles and services that log somebody in by themselves, out of merged units. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping

from roles.screen_lock import logins
from socle.messages import Message, message

Unit = Mapping[str, str]
Found = dict[str, Message]

CONSOLE = re.compile(r"(autovt|[a-z-]*getty|kmsconvt)(@.*)?\.service")
GETTY = ("agetty", "getty", "mingetty")
# agetty(8): its long options, which may be cut short.
LONG = (
    "8bits", "autologin", "noreset", "remote", "issue-file", "flow-control", "host", "noissue",
    "init-string", "noclear", "local-line", "extract-baud", "skip-login", "login-program",
    "login-pause", "chroot", "hangup", "keep-baud", "login-options", "timeout", "wait-cr",
    "nohints", "nohostname", "long-hostname", "erase-chars", "kill-chars", "chdir", "delay",
    "nice", "reload", "list-speeds", "nonewline", "detect-case", "no-hints", "show-issue"
)  # fmt: skip
INTO = ("autologin", "login-program", "chroot")
SHORT = {"a": "autologin", "l": "login-program", "r": "chroot"}
# What Debian's units give to agetty besides: nothing of it lets anybody in.
HARMLESS = re.compile(
    r"-|--|-o|-p|-[8cihJLmnRstUw]+|\$TERM|\$\{TERM\}|\\\\?u|%I|[\d,]+|tty\w*|console|linux|vt\d+|dumb|pts/\d+"
)
SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "fish", "su", "runuser", "startx", "xinit", "setpriv")
STARTS = ("enabled", "enabled-runtime", "generated", "transient")


def open_ones(units: Iterable[Unit]) -> tuple[list[Message], list[Message]]:
    """The complaints about consoles and services, and what of them is not known."""
    wrong: Found = {}
    strange: Found = {}
    for unit in units:
        name = unit.get("Id", "")
        if unit.get("LoadState") == "masked":
            continue
        if not name:
            strange["unit"] = message("a unit is shown without its name")
        elif CONSOLE.fullmatch(name):
            for words in logins.arguments(unit):
                _console(name, words, wrong, strange)
        elif starts(unit) and (said := _service(unit)):
            wrong.setdefault(str(said), said)
    return list(wrong.values()), list(strange.values())


def starts(unit: Unit) -> bool:
    """Whether a unit runs, or is started by itself."""
    return unit.get("ActiveState") in {"active", "activating", "reloading"} or (
        unit.get("UnitFileState") in STARTS
    )


def _service(unit: Unit) -> Message | None:
    """A complaint about a service that is no console; None where it lets nobody in."""
    name, user = unit["Id"], unit.get("User", "")
    if name == "debug-shell.service":
        return message("{unit}: a shell of root stands open on a console", unit=name)
    person = user not in {"", "root", "0"} and not name.startswith("user@")
    seat = unit.get("PAMName", "") not in {"", "systemd-user"} or unit.get("TTYPath")
    if person and seat:
        return message("{unit}: opens a session of {user} by itself", unit=name, user=user)
    for words in logins.arguments(unit):
        said, _ = judged(words) if _program(words) in (*GETTY, "login") else ("", "")
        if said == "logs in":
            return message("{unit}: {user} logs in by itself", unit=name, user=words[-1])
        on_screen = unit.get("StandardInput", "").startswith("tty")
        if on_screen and _program(words) in SHELLS:
            return message("{unit}: a shell stands open on a console", unit=name)
    return None


def _console(name: str, words: list[str], wrong: Found, strange: Found) -> None:
    kind, what = judged(words)
    if kind == "logs in":
        said = message("{unit}: {user} logs in by itself", unit=name, user=what)
        wrong.setdefault(str(said), said)
    elif kind == "another":
        said = message("{unit}: {words} takes the place of the login", unit=name, words=what)
        wrong.setdefault(str(said), said)
    elif kind == "strange":
        said = message("{unit}: what {words} does is not known", unit=name, words=what)
        strange.setdefault(str(said), said)


def judged(words: list[str]) -> tuple[str, str]:
    """What a console's command does: "logs in" whom, "another" login program, "strange", or ""."""
    program, rest = _program(words), words[1:]
    if program not in GETTY:
        lets_in = program in SHELLS or (program == "login" and _forced(rest))
        return ("another" if lets_in else "strange"), " ".join(words)
    into = {option: what for option, what in _options(rest) if option in INTO}
    if "autologin" in into:
        return "logs in", into["autologin"]
    if into or _forced(_login_options(rest)):
        return "another", " ".join(words)
    odd = [word for word in rest if not HARMLESS.fullmatch(word) and not _long(word)]
    return ("strange", " ".join(words)) if odd else ("", "")


def _program(words: list[str]) -> str:
    return words[0].rpartition("/")[2].lstrip("-") if words else ""


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """agetty's options with what follows each, long ones in full."""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("--"):
            value = word.partition("=")[2]
            for option in _long(word):
                yield option, value or after
        elif re.fullmatch(r"-[A-Za-z8]\S*", word) and word != "-p":
            for at, letter in enumerate(word[1:], start=2):
                if letter in SHORT:
                    yield SHORT[letter], word[at:] or after
                if letter in "aoltrfHCIEn":
                    break  # what follows is its value


def _long(word: str) -> list[str]:
    """The long options that a word may be short for."""
    name = word[2:].partition("=")[0]
    return [one for one in LONG if word.startswith("--") and name and one.startswith(name)]


def _login_options(words: list[str]) -> Iterator[str]:
    """What agetty hands on to login: the words after ``-o``, up to its next long option."""
    for at, word in enumerate(words):
        if word in {"-o"} or "login-options" in _long(word):
            handed = words[at + 1 :]
            ends = [i for i, one in enumerate(handed) if _long(one)]
            yield from [word.partition("=")[2], *handed[: ends[0] if ends else None]]


def _forced(words: Iterable[str]) -> bool:
    """Whether login is told that somebody has already been asked for the password."""
    return any(re.fullmatch(r"['\"]?-[a-zA-Z]*f\S*", word) for word in words)
