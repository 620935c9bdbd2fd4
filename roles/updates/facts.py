"""What a machine says of its updates, and what follows from it. Pure, but for the one question."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from socle.baseline.windows import Window, contains
from socle.machine import programs
from socle.messages import Message, message
from socle.verify.checks import unknown

FILES = Path(__file__).parent / "files"
ON_HOST = FILES / "usr/local/lib/socle/updates"
DAY = 24 * 60 * 60
LIMIT = 200  # seconds: a run of the updates is waited for, then one is simulated
_PROGRAM = programs.python(
    ON_HOST / "pending.py",
    *(FILES / f"{name}.py" for name in ("sources", "unchanged", "facts")),
    by="unshare --mount --propagation private python3 -IB -c",
)
_KEYRINGS = ("debian-archive-keyring", "ubuntu-keyring")
_UNSAFE = ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure")
_OLD_KERNEL = re.compile(r"linux-(image|headers|modules|kbuild)-\d")

Facts = dict[str, Any]


def ask(host: Any) -> Facts:
    """What the room's program finds out on the host.

    Ends the check as unknown while updates are being installed, and where /var cannot be covered.
    """
    answer = _PROGRAM.run(host, timeout=LIMIT)
    if answer.rc != 0:
        last = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        unknown(message("the machine cannot be asked about its updates: {said}", said=last))
    found: Facts = json.loads(answer.stdout)
    if found["busy"]:
        unknown("updates are being installed at this moment; verify again in some minutes")
    return found


def values(config: Iterable[str], key: str) -> list[str]:
    """The values of a key, or of a list, of `apt-config dump`. Case does not matter to apt."""
    found = []
    for line in config:
        name, _, value = line.partition(" ")
        if name.lower() in {key.lower(), f"{key}::".lower()} and value != '"";':
            found.append(value.removesuffix(";").strip('"'))
    return found


def days(seconds: float) -> float:
    """Seconds as days, to be read."""
    return round(seconds / DAY, 1)


def age(found: Facts, key: str) -> tuple[float, Message]:
    """Seconds since the moment ``key``, and the same in words; endless where it never was.

    A moment in the future proves nothing either.
    """
    moment = found[key]
    if moment is None:
        return float("inf"), message("never")
    seconds = found["now"] - moment
    if seconds < -DAY:
        return float("inf"), message("in the future")
    return seconds, message("{days} days ago", days=days(max(seconds, 0)))


def strays(timer: Mapping[str, Any], windows: Sequence[Window]) -> list[str | Message]:
    """The moments at which a timer fires outside of the windows, and what makes it so."""
    moments = [timer["next"], *timer["fires"]] if timer["next"] else timer["fires"]
    outside = [m for m in moments if not contains(windows, datetime.fromisoformat(m))]
    found: list[str | Message] = [m.replace("T", " ") for m in dict.fromkeys(outside)][:3]
    if timer["since_something"]:
        found.append(message("also counted from {moments}", moments=timer["since_something"]))
    if timer["delay"]:
        found.append(message("with a random delay of {n} min", n=timer["delay"] // 60))
    return found


def matches(pattern: str, release: Mapping[str, str], codename: str) -> bool:
    """Whether a Release file fits one of unattended-upgrades' Origins-Patterns."""
    terms = (term.partition("=") for term in with_codename(pattern, codename).split(","))
    names = {"archive": "suite", "a": "suite", "o": "origin", "l": "label", "n": "codename"}
    return all(
        key in {"site", "component"} or fnmatchcase(release.get(names.get(key, key), ""), value)
        for key, _, value in terms
    )


def with_codename(pattern: str, codename: str) -> str:
    """The pattern as it reads on a release."""
    return pattern.replace("${distro_codename}", codename)


def codename(found: Facts) -> str:
    """The short name of the release that the machine runs."""
    return str(found["release"]["system"].get("VERSION_CODENAME", ""))


def security_lists(found: Facts) -> list[Mapping[str, Any]]:
    """The Release files of the distribution's security archive for the machine's release."""
    names = {f"{codename(found)}-security", f"{codename(found)}/updates"}
    return [one for one in found["lists"] if one.get("codename") in names or
            one.get("suite") in names]  # fmt: skip


def unsafe_sources(found: Facts) -> list[Message]:
    """Sources that are taken without a signature, or without an end of validity."""
    bad = []
    for source in found["sources"]:
        options = {key.lower(): value for key, value in source["options"].items()}
        said = [f"{key}={options[key]}" for key in _UNSAFE if options.get(key, "no") != "no"]
        if options.get("check-valid-until", "yes") not in {"yes", "true", "1"}:
            said.append("check-valid-until=no")
        if said:
            bad.append(message("{source}: {options}", source=_named(source), options=said))
    return bad


def undeclared_sources(
    found: Facts, own: Sequence[str], others: Sequence[Mapping[str, Any]]
) -> list[Message]:
    """Sources that are neither the distribution's ``own`` nor one of the ``others``, with its key.

    ``own``: Origins-Patterns; ``others``: the practice's declared repositories.
    """
    keys, bad = found["keys"], []
    foreign = [path for path in keys["wide"] if not _of_the_distribution(path, found)]
    for source in found["sources"]:
        release, name, where = source["release"], codename(found), _named(source)
        signed_by = source["options"].get("signed-by", "")
        if release is None or not any(release.values()):
            bad.append(message("{source}: nothing trustworthy was fetched from it", source=where))
        elif any(matches(p, release, name) for p in own):
            if signed_by and not _of_the_distribution(signed_by, found):
                bad.append(
                    message(
                        "{source}: signed by {key}, not by the distribution",
                        source=where,
                        key=signed_by,
                    )
                )
            elif not signed_by and foreign:
                bad.append(
                    message("{source}: believes any key, also {keys}", source=where, keys=foreign)
                )
        else:
            fits = [o for o in others if any(matches(p, release, name) for p in o["origins"])]
            if not any(signed_by == one["signed_by"] for one in fits):
                bad.append(
                    message(
                        "{source}: {origin}, by {key}",
                        source=where,
                        origin=release["origin"] or message("no origin"),
                        key=signed_by or message("any key"),
                    )
                )
    return bad


def without_repository(found: Facts, accepted: Iterable[str]) -> list[str]:
    """Packages that no repository has, but for kernels left from before an update."""
    return [p for p in found["obsolete"] if p not in set(accepted) and not _OLD_KERNEL.match(p)]


def runs_newest_kernel(found: Facts) -> bool:
    """Whether the booted kernel is the newest installed; true where there is none to compare."""
    installed = found["kernels"]["installed"]
    return bool(found["container"]) or not installed or found["kernels"]["booted"] == installed[-1]


def kernel_words(found: Facts) -> Message:
    """What is known of the kernels, or why nothing is."""
    if found["container"]:
        return message("booted kernel left out: a container has none of its own")
    if not found["kernels"]["installed"]:
        return message("booted kernel left out: none is installed as a package")
    return message(
        "booted kernel {booted}, newest installed {newest}",
        booted=found["kernels"]["booted"],
        newest=found["kernels"]["installed"][-1],
    )


def support_ends(found: Facts) -> tuple[str, Message] | None:
    """The last day with security updates for everybody, and whose they are; None: not known.

    Debian's LTS team publishes in the same archive; Ubuntu's extended support is for subscribers.
    """
    row = found["release"]["row"]
    if row.get("eol-lts"):
        own = row["eol"]
        return row["eol-lts"], message("LTS; the security team's own until {day}", day=own)
    return (row["eol"], message("security team")) if row.get("eol") else None


def _of_the_distribution(key: str, found: Facts) -> bool:
    owners, changed = found["keys"]["owners"], found["keys"]["changed"]
    return any(owners.get(path) in _KEYRINGS and path not in changed
               for path in (key, key.replace(".gpg", ".pgp")))  # fmt: skip


def _named(source: Mapping[str, Any]) -> str:
    return f"{source['uri']} {source['suite']} ({source['file']})"
