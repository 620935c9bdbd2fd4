"""``socle-imaging``: what both engines and the checks call on an imaging server."""

from __future__ import annotations

import argparse
import fcntl
import http.client
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from . import certificates, folder, plan, service
from .errors import Trouble

_OWN = Path("/run/socle")  # root's alone: whoever can open a lock's file can hold it
_FOLDERS = {
    "StorageDirectory": "/var/lib/orthanc/db-v6",
    "IndexDirectory": "/var/lib/orthanc/db-v6",
    "TemporaryDirectory": "/tmp",  # noqa: S108 - Orthanc's own default, which is to be judged
}


def main() -> int:
    """0: done; 1: what is wrong stands on standard error."""
    words = _words()
    try:
        if words.verb in ("apply", "renew"):
            _OWN.mkdir(mode=0o700, exist_ok=True)
            with (_OWN / "imaging.lock").open("a", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                _print(plan.apply(only_certificate=words.verb == "renew"))
        else:
            _VERBS[words.verb](words)
    except (Trouble, OSError) as trouble:
        sys.stderr.write(f"socle-imaging {words.verb}: {trouble}\n")
        return 1
    return 0


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="socle-imaging", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check", help="what apply would change; changes nothing")
    verbs.add_parser("apply", help="settings, certificate and service as declared, or as before")
    verbs.add_parser("renew", help="a new certificate where the old one ends soon")
    verbs.add_parser("folders", help="where this Orthanc keeps images, index and temporary files")
    verbs.add_parser("authority", help="the authority's certificate, for viewers and modalities")
    ask = verbs.add_parser("ask", help="status and answer of Orthanc itself")
    ask.add_argument("path", help="/system, /modalities?expand …")
    ask.add_argument("--post", metavar="BODY")
    clear = verbs.add_parser("clear", help="status of /system by HTTP in clear, on this machine")
    clear.add_argument("addresses", nargs="+", help="this machine's own")
    sign = verbs.add_parser("sign", help="a certificate for a modality's own key")
    sign.add_argument("request", type=Path, help="its certificate request (PEM)")
    return parser.parse_args()


def _check(_: argparse.Namespace) -> None:
    _print(plan.Plan.made().differences())


def _ask(words: argparse.Namespace) -> None:
    made = plan.Plan.made()
    status, text = service.ask(words.path, made.port, made.account, words.post)
    sys.stdout.write(f"{status}\n{text}")


def _clear(words: argparse.Namespace) -> None:
    """The account goes no further than this machine: whatever its address, it is at home."""
    made = plan.Plan.made()
    for address in words.addresses:
        try:
            link = http.client.HTTPConnection(address, made.settings["HttpPort"], timeout=5)
            status = service.request(link, "/system", made.account)[0]
        except Trouble:
            status = 0
        _print([f"{address} {status}"])


def _folders(_: argparse.Namespace) -> None:
    now = folder.merged(folder.read(plan.ORTHANC))
    found = {key: str(now.get(key, usual)) for key, usual in _FOLDERS.items()}
    _print([json.dumps(found)])


def _authority(_: argparse.Namespace) -> None:
    sys.stdout.write((certificates.HOME / "authority.crt").read_text(encoding="ascii"))


def _sign(words: argparse.Namespace) -> None:
    sys.stdout.write(certificates.sign(words.request))


def _print(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


_VERBS = {
    "check": _check, "ask": _ask, "folders": _folders, "authority": _authority, "sign": _sign,
    "clear": _clear,
}  # fmt: skip
