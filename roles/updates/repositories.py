"""The repositories of a machine: whose they are, with which keys, and what comes from none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from roles.updates.facts import Facts, codename
from socle.machine import apt
from socle.machine.apt import Archive, truth
from socle.machine.apt_sources import Source, sources
from socle.messages import Message, message

_KEYRINGS = ("debian-archive-keyring", "ubuntu-keyring")
_UNSAFE = ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure")
_OLD_KERNEL = re.compile(r"linux-(image|headers|modules|kbuild)-\d+\.\d+[\w.+~-]*")
_KERNEL_SOURCE = re.compile(r"linux(-signed-\w+)?|linux-[\d.]+")
_KERNEL_TEAM = ("<debian-kernel@lists.debian.org>", "<kernel-team@lists.ubuntu.com>")
_VALIDITY = ("check-valid-until", "check-date")
LOWEST = 500
"""The priority of an archive that nobody pinned (apt_preferences(5))."""


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


def is_security(release: Mapping[str, str], found: Facts) -> bool:
    """Whether a Release file is of the security archive for the machine's release."""
    names = {f"{codename(found)}-security", f"{codename(found)}/updates"}
    return release.get("codename") in names or release.get("suite") in names


def security_sources(found: Facts) -> list[Source]:
    """The fetched sources of the security archive, as apt reads its sources now."""
    return [one for one in sources(found["apt"])[0] if one.release and
            is_security(one.release, found)]  # fmt: skip


def outranked(found: Facts, own: Sequence[str]) -> list[Message]:
    """Archives of security updates whose versions apt does not take before all others' of ``own``.

    A default release or a pin does that: the updates are there, and are never installed.
    """
    name = codename(found)
    archives = [one for one in apt.policy(found["policy"])
                if any(matches(pattern, one.release, name) for pattern in own)]  # fmt: skip
    if not any(is_security(one.release, found) and _serves(one, found) for one in archives):
        return [message("all of them: apt ranks no security archive of this machine's packages")]
    highest = max([LOWEST, *(one.priority for one in archives)])
    return [_ranked(one, highest) for one in archives
            if one.priority < highest and is_security(one.release, found)]  # fmt: skip


def _serves(archive: Archive, found: Facts) -> bool:
    """Whether it has the main packages for the machine's own architecture."""
    own = {found["apt"]["architecture"], "all"}
    return archive.release.get("architecture", "all") in own and (
        archive.release.get("component", "main") == "main"
    )


def _ranked(archive: Archive, highest: int) -> Message:
    return message(
        "{archive} has priority {priority}, below {highest}",
        archive=archive.where,
        priority=archive.priority,
        highest=highest,
    )


def unsafe_sources(found: Facts) -> list[Message]:
    """Sources that are taken without a signature, or without an end of validity."""
    bad = []
    for source in sources(found["apt"])[0]:
        options = source.options
        said = [
            f"{key}={options[key]}" for key in _UNSAFE if truth(options.get(key, "no")) is not False
        ]
        said += [f"{key}={options[key]}" for key in _VALIDITY
                 if truth(options.get(key, "yes")) is not True]  # fmt: skip
        if said:
            bad.append(message("{source}: {options}", source=str(source), options=said))
    return bad


def undeclared_sources(
    found: Facts, own: Sequence[str], others: Sequence[Mapping[str, Sequence[str]]]
) -> list[Message]:
    """Sources that are neither the distribution's ``own`` nor one of the ``others``, with its key.

    ``own``: Origins-Patterns; ``others``: the practice's declared repositories.
    """
    listed, unread = sources(found["apt"])
    bad = [message("{line}: apt cannot read it", line=line) for line in unread]
    name = codename(found)
    foreign = [path for path in found["keys"]["wide"] if not _of_the_distribution(path, found)]
    for source in listed:
        release, keys = source.release, source.keys
        if release is None or not any(release.values()):
            bad.append(
                message("{source}: nothing trustworthy was fetched from it", source=str(source))
            )
        elif any(matches(p, release, name) for p in own):
            bad += _wrong_keys(source, keys, foreign, found)
        else:
            fits = [o for o in others if any(matches(p, release, name) for p in o["origins"])]
            if not any(keys and set(keys) <= _declared(one) for one in fits):
                bad.append(
                    message(
                        "{source}: {origin}, by {key}",
                        source=str(source),
                        origin=release["origin"] or message("no origin"),
                        key=keys or message("any key"),
                    )
                )
    return bad


def _declared(other: Mapping[str, Sequence[str]]) -> set[str]:
    return {str(other["signed_by"]).removesuffix("!")}


def _wrong_keys(
    source: Source, keys: Sequence[str], foreign: Sequence[str], found: Facts
) -> list[Message]:
    """What is wrong with the keys of a source that says it is the distribution's."""
    paths = [key for key in keys if key.startswith("/")]
    strange = [path for path in paths if not _of_the_distribution(path, found)]
    inline = "-----BEGIN" in source.options.get("signed-by", "")
    if strange or inline:
        return [
            message(
                "{source}: signed by {key}, not by the distribution",
                source=str(source),
                key=strange or list(keys),
            )
        ]
    if len(paths) == len(keys) > 0 or not foreign:
        return []
    return [message("{source}: believes any key, also {keys}", source=str(source), keys=foreign)]


def _of_the_distribution(key: str, found: Facts) -> bool:
    owners, changed = found["keys"]["owners"], found["keys"]["changed"]
    return any(owners.get(path) in _KEYRINGS and path not in changed
               for path in (key, key.replace(".gpg", ".pgp")))  # fmt: skip


def without_repository(found: Facts, accepted: Iterable[str]) -> list[str]:
    """Packages that no repository has, but for kernels left from before an update."""
    return [p for p in found["obsolete"] if p not in set(accepted) and not _former_kernel(p, found)]


def _former_kernel(package: str, found: Facts) -> bool:
    """Whether the distribution's kernel team made it: a name alone can be anybody's."""
    source, maintainer = found["kernel_packages"].get(package, ("", ""))
    return bool(
        _OLD_KERNEL.fullmatch(package)
        and _KERNEL_SOURCE.fullmatch(source)
        and maintainer.endswith(_KERNEL_TEAM)
    )
