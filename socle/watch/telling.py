"""After a look: whom to warn and where the evidence goes, by the settings of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from socle.baseline.rooms import promises
from socle.evidence.manifest import MANIFEST, SIGNATURE
from socle.watch import drop, mail, notify, report
from socle.watch.declaration import Declaration
from socle.watch.hostkeys import DROPPING, key
from socle.watch.model import Attempt, Notice, Title
from socle.watch.places import Folder, Sftp
from socle.watch.report import STATE, Report
from socle.watch.secrets import PASSWORD

ETC = Path("/etc/socle")
DROP_HOSTS = "watch-drop-known-hosts"
_TROUBLE = Title(
    fr="Cette machine n'a pas pu se vérifier elle-même",
    en="This machine could not verify itself",
)


def tell(found: Report, declared: Declaration, root: Path, state: Path = STATE) -> Report:
    """Warn people, drop the evidence, and keep what came of it. Raises SocleError."""
    wanted = declared.watch
    open_ones = report.ignored(found, state)
    notice = _notice(found, open_ones, wanted.contact, root)
    attempts = list(notify.desktop(notice))
    told = found.told
    restored = bool(told) and not open_ones
    news = bool(found.trouble) or restored or bool(set(open_ones) - set(told))
    if wanted.mail is not None and news:
        attempts.append(mail.send(notice, mail_settings(wanted.mail)))
        told = tuple(open_ones) if attempts[-1].ok else told
    else:
        told = tuple(one for one in told if one in open_ones)  # what breaks again is told again
    if wanted.drop is not None:
        attempts.append(_dropped(found, wanted.drop, state))
    done = replace(found, attempts=tuple(_plain(attempts)), told=told)
    report.keep(done, state)
    return done


def mail_settings(declared: Mapping[str, Any]) -> mail.MailSettings:
    """The declared relay as the mail module wants it."""
    user = declared["user"]
    return mail.MailSettings(
        host=declared["relay"],
        port=declared["port"],
        security=declared["security"],
        sender=declared["sender"],
        recipients=tuple(declared["recipients"]),
        user=user,
        password_file=ETC / PASSWORD if user else None,
    )


def place(declared: Mapping[str, Any], state: Path = STATE) -> Folder | Sftp:
    """The declared place for evidence. Raises SocleError where no key for it can be made."""
    if declared["kind"] == "folder":
        mount = declared["mount"]
        return Folder(Path(declared["folder"]), Path(mount) if mount else None)
    return Sftp(
        host=declared["server"],
        user=declared["user"],
        key=key(DROPPING, state),
        known_hosts=ETC / DROP_HOSTS,
        folder=declared["folder"],
        port=declared["port"],
    )


def _notice(found: Report, open_ones: list[str], contact: str, root: Path) -> Notice:
    titles = {
        one.id: Title(one.title["fr"], one.title["en"])
        for room in promises(root)
        for one in room.controls
    }
    broken = [titles[one] for one in open_ones if one in titles]
    worse = [titles[one] for one in open_ones if one in titles and one in found.worse]
    if found.trouble:
        broken, worse = [_TROUBLE, *broken], [_TROUBLE, *worse]
    return Notice(
        host=found.host,
        practice=found.practice,
        broken=tuple(broken),
        worse=tuple(worse),
        when=datetime.fromisoformat(found.time).astimezone(),
        contact=contact,
    )


def _dropped(found: Report, declared: Mapping[str, Any], state: Path) -> Attempt:
    """Drop the bundle of this look, with its signature; without one, what waited."""
    kept = state / "bundles" / (found.bundle or "")
    files = [kept, *(kept.with_name(kept.name + suffix) for suffix in (MANIFEST, SIGNATURE))]
    return drop.drop(files if found.bundle else [], place(declared, state), state / "queue")


def _plain(attempts: Iterable[Attempt]) -> Iterator[dict[str, Any]]:
    for one in attempts:
        yield {**asdict(one), "when": one.when.isoformat(timespec="seconds")}
