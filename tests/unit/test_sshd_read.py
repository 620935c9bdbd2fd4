"""What waits for sshd to read it, and is not ours, is seen before sshd reads it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

SCRIPT = (files("socle.apply") / "sshd_read.sh").read_text(encoding="utf-8")
SSHD = """#!/bin/sh
# Reads the files of this folder, and says so as OpenSSH 9.2 and 10.0 do.
say() { printf '%s\\r\\n' "$*" >&2; }
include() {
    say "debug2: etc/sshd_config line 1: new include $1"
    for file in $1; do
        [ -e "$file" ] || continue
        say "debug2: etc/sshd_config line 1: including $file"
        say "debug2: load_server_config: filename $file"
    done
}
cd "$(dirname "$0")" || exit
say "debug2: load_server_config: filename $PWD/etc/sshd_config"
include "$PWD/etc/sshd_config.d/*.conf"
include "$PWD/other/else*/*.conf"
include "$PWD/real/missing.conf"
echo "hostkey $PWD/etc/ssh_host_ed25519_key"
"""
SYSTEMCTL = """#!/bin/sh
case "$*" in
*.mount*) ;;
*MainPID*) echo 0 ;;
*) cat "$(dirname "$0")/unit" ;;
esac
"""


class Host:
    """A folder in place of a host, with an sshd that has read its files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.known = folder, folder / "state/sshd-read"
        for name, text in (("sshd", SSHD), ("systemctl", SYSTEMCTL)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        for name in ("etc/sshd_config.d", "other/elsewhere", "real", "guard"):
            (folder / name).mkdir(parents=True)
        for name in ("etc/sshd_config", "etc/sshd_config.d/50-keys.conf", "other/elsewhere/a.conf",
                     "real/b.conf", "etc/ssh_host_ed25519_key",
                     "etc/ssh_host_ed25519_key.pub"):  # fmt: skip
            self.write(name)
        self.write("real/c.conf", "# another")
        self.link("etc/sshd_config.d/60-link.conf", "real/b.conf")
        self.ours = self.write("etc/sshd_config.d/20-socle.conf")
        (folder / "guard/paths").write_text(f"{self.ours}\n")
        self.read()

    def write(self, name: str, text: str = "# as it was\n") -> Path:
        (self.folder / name).write_text(text)
        return self.folder / name

    def link(self, name: str, to: str) -> None:
        (self.folder / "new").symlink_to(self.folder / to)
        (self.folder / "new").rename(self.folder / name)

    def move(self, name: str, to: str) -> None:
        (self.folder / name).rename(self.folder / to)

    def read(self, *, result: str = "success", ahead: int = 0) -> None:
        """sshd reads its files, or its reload fails; the clock was ``ahead`` seconds ahead then."""
        self.margin = 5 if ahead else 0
        time.sleep(0.05)
        now, up = time.time() + ahead, time.monotonic()
        lines = [f"ReloadResult={result}"]
        started = 0 if result == "success" else 3600
        for event, before in (("StateChange", 0), ("ActiveEnter", started)):
            at = time.strftime("%a %Y-%m-%d %H:%M:%S", time.gmtime(now - before))
            lines.append(f"{event}Timestamp={at}.{int(now % 1 * 1e6):06} UTC")
            lines.append(f"{event}TimestampMonotonic={max(int((up - before) * 1e6), 1)}")
        self.write("unit", "\n".join(lines) + "\n")
        time.sleep(0.05)

    def run(self, command: str) -> str:
        up = time.monotonic_ns() + self.margin * 10**9  # the script looks at its clocks later
        self.write("timers", f"Timer List Version: v0.10\nnow at {up} nsecs\n")
        script = SCRIPT.replace("/var/lib/socle", f"{self.folder}/state")
        script = script.replace("/proc/timer_list", f"{self.folder}/timers") + command
        return subprocess.run(
            ["sh", "-uc", script], text=True, capture_output=True, check=True,
            env={"PATH": f"{self.folder}:{os.environ['PATH']}", "guard": f"{self.folder}/guard"},
        ).stdout.strip()  # fmt: skip

    def untried(self) -> str:
        """What a run that begins now says: it notes, writes our file, and asks before a reload."""
        self.run("ssh_note || :")
        self.write("ours", "# ours\n")
        self.move("ours", "etc/sshd_config.d/20-socle.conf")
        return self.run("ssh_untried adm").replace(f"{self.folder}/", "")


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


CHANGES: dict[str, tuple[Callable[[Host], object], str]] = {
    "edited": (lambda h: h.write("etc/sshd_config", "x"), "etc/sshd_config"),
    "new": (lambda h: h.write("etc/sshd_config.d/99.conf"), "etc/sshd_config.d/99.conf"),
    "removed": (
        lambda h: (h.folder / "etc/sshd_config.d/50-keys.conf").unlink(),
        "etc/sshd_config.d",
    ),
    "another folder's": (
        lambda h: h.write("other/elsewhere/a.conf", "x"),
        "other/elsewhere/a.conf",
    ),
    "removed there": (lambda h: (h.folder / "other/elsewhere/a.conf").unlink(), "other/elsewhere"),
    "behind a link": (lambda h: h.write("real/b.conf", "x"), "real/b.conf"),
    "the link": (
        lambda h: h.link("etc/sshd_config.d/60-link.conf", "real/c.conf"),
        "etc/sshd_config.d/60-link.conf",
    ),
    "a key removed": (lambda h: (h.folder / "etc/ssh_host_ed25519_key").unlink(), "etc"),
    "a key opened": (
        lambda h: (h.folder / "etc/ssh_host_ed25519_key").chmod(0o666),
        "etc/ssh_host_ed25519_key",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_somebody_else_changed_is_named(host, change):
    act, named = CHANGES[change]
    act(host)
    assert f"sshd has not read {named}" in host.untried().replace("what is in ", "")
    assert not host.known.exists()


@pytest.mark.parametrize("change", CHANGES)
def test_so_it_is_after_an_earlier_run_noted_what_sshd_had_read(host, change):
    host.run("ssh_note")
    assert host.known.stat().st_mode & 0o777 == 0o600
    CHANGES[change][0](host)
    assert re.match(r"sshd has not read [a-z]+/[a-z0-9/._-]+ since somebody", host.untried())


def test_another_folder_in_the_place_of_one(host):
    subprocess.run(["cp", "-a", host.folder / "etc", host.folder / "etc.new"], check=True)
    (host.folder / "etc.new/sshd_config.d/50-keys.conf").unlink()
    host.read()
    host.move("etc", "etc.old")
    host.move("etc.new", "etc")
    assert "sshd has not read what is in etc since" in host.untried()


def test_a_reload_that_failed_has_read_nothing(host):
    (host.folder / "etc/sshd_config.d/50-keys.conf").unlink()
    host.read(result="exit-code")
    assert "since somebody changed it" in host.untried()


def test_a_clock_that_was_set_back_since(host):
    host.read(ahead=3600)
    (host.folder / "etc/sshd_config.d/50-keys.conf").unlink()
    assert "since somebody changed it" in host.untried()


def test_what_cannot_be_listed_is_not_read(host):
    host.write("sshd", "#!/bin/sh\necho port 22\n")
    assert "nobody can tell what sshd reads, and since when" in host.untried()


def test_a_reading_of_which_systemd_does_not_know(host):
    host.write("unit", "ReloadResult=success\nStateChangeTimestampMonotonic=0\n")
    assert "nobody can tell what sshd reads, and since when" in host.untried()


def test_nothing_waits_to_be_read(host):
    host.write("etc/ssh_known_hosts")  # only the folder is newer: nothing of sshd's
    assert host.untried() == ""
    assert host.untried() == ""  # a second change of ours


def test_our_own_file_was_changed_by_somebody_else(host):
    host.run("ssh_note")
    host.ours.unlink()
    assert host.untried() == ""


def test_what_a_killed_run_left_is_no_strangers_change(host):
    assert host.untried() == ""
    host.ours.unlink()  # killed before sshd read it; the guard has put it back
    host.write("etc/sshd_config.d/20-socle.conf")
    (host.folder / "guard/paths").unlink()
    host.run("ssh_note")
    (host.folder / "guard/paths").write_text(f"{host.ours}\n")
    assert host.untried() == ""


def test_sshd_that_has_read_it_since(host):
    (host.folder / "etc/sshd_config.d/50-keys.conf").unlink()
    assert "since somebody changed it" in host.untried()
    host.read()
    assert host.untried() == ""
