"""Warnings are seen on real desktops, and evidence reaches a real SFTP account."""

from __future__ import annotations

import io
import json
import shlex
import tarfile
import time
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace

import pytest

import socle
from socle.lab import reset, run
from tests.lab.desktops import Gnome, Xfce

pytestmark = pytest.mark.lab

CHECKOUT = Path(socle.__file__).parents[1]
ROOM = CHECKOUT / "roles/alerting/files"
PROGRAM = "usr/local/lib/socle/alerting/notice.py"
AUTOSTART = "etc/xdg/autostart/socle-notice.desktop"
HOSTS_NEED = ("__init__", "errors", "evidence/__init__", "evidence/files", "evidence/manifest")
PLACES = {"DESK": "accueil-20261122T120000Z.bundle"}

WARN = """
import json, sys
from dataclasses import asdict
from datetime import datetime, timezone
from socle.watch.model import Notice, Title
from socle.watch.notify import desktop
titles = tuple(Title(t, t) for t in sys.argv[2:])
notice = Notice("bureau", "cabinet", titles, (), datetime.now(timezone.utc), sys.argv[1])
print(json.dumps([asdict(attempt) for attempt in desktop(notice)], default=str))
"""
DROP = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from socle.watch.drop import drop
from socle.watch.places import Sftp
host, known_hosts, folder, *files = sys.argv[1:]
place = Sftp(host, "preuves", Path("/root/depot"), Path(known_hosts), folder)
print(json.dumps(asdict(drop([Path(file) for file in files], place)), default=str))
"""
# An account that can do nothing but leave files, as a provider sets it up.
ACCOUNT = """
useradd --system --no-create-home --shell /usr/sbin/nologin preuves
install -d -m 755 /srv/depot
install -d -m 770 -g preuves /srv/depot/cabinet
install -d /etc/ssh/depot
cat >/etc/ssh/depot/preuves
cat >/etc/ssh/sshd_config.d/depot.conf <<'X'
Match User preuves
    AuthorizedKeysFile /etc/ssh/depot/%u
    ChrootDirectory /srv/depot
    ForceCommand internal-sftp
    DisableForwarding yes
X
systemctl reload ssh.service
"""


def install(lab, machine: str) -> None:
    """What the room brings, and the modules that run on hosts."""
    archive = io.BytesIO()
    modules = [
        *HOSTS_NEED,
        *(f"watch/{path.stem}" for path in (CHECKOUT / "socle/watch").glob("*.py")),
    ]
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name in modules:
            tar.add(CHECKOUT / f"socle/{name}.py", f"opt/watch/socle/{name}.py")
        for name in (PROGRAM, AUTOSTART):
            tar.add(ROOM / name, name)
    done = run(lab, machine, "base64 -d | tar xzC /", b64encode(archive.getvalue()).decode())
    assert done.returncode == 0, done


def on_host(lab, machine: str, program: str, *words: str):
    """The answer of a program that root runs with the host's own Python."""
    given = " ".join(map(shlex.quote, words))
    done = run(lab, machine, f"PYTHONPATH=/opt/watch python3 - {given}", program, timeout=120)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def lab(boot):
    booted = boot({"bureau": "trixie-desktop", "depot": "bookworm"})
    for machine in ("bureau", "depot"):
        install(booted, machine)
    yield booted
    for machine in ("bureau", "depot"):
        reset(booted, machine)
