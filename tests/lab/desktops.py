"""Real desktop sessions without a screen: GNOME on Wayland, Xfce under Xvfb. Used, left, locked."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from socle.lab import run

_AT_DESKTOP = Path(__file__).with_name("at_desktop.py")

# GNOME's shell draws on a monitor that is not there.
_HEADLESS = """\
folder=/etc/systemd/user/org.gnome.Shell@wayland.service.d
mkdir -p $folder
cat >$folder/headless.conf <<'X'
[Service]
ExecStart=
ExecStart=/usr/bin/gnome-shell --headless --virtual-monitor 1280x720
X
systemctl start gdm.service
"""

_CALL = "busctl --user --auto-start=no call"
_IDLE = (
    f"{_CALL} org.gnome.Mutter.IdleMonitor /org/gnome/Mutter/IdleMonitor/Core"
    " org.gnome.Mutter.IdleMonitor GetIdletime"
)
_SHIELD = (
    f"{_CALL} org.gnome.Shell.ScreenShield /org/gnome/ScreenSaver org.gnome.ScreenSaver GetActive"
)

_X_SESSION = """\
xauth add "$DISPLAY" . "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')"
Xvfb "$DISPLAY" -noreset -screen 0 1280x720x24 -auth "$XAUTHORITY" &
until xset q >/dev/null 2>&1; do sleep 0.1; done
exec xfce4-session
"""


@dataclass(frozen=True)
class Desktop:
    """A person's graphical session on a machine of ``cabinet``. Times are in seconds."""

    cabinet: object
    machine: str
    user: str

    def __str__(self) -> str:
        return f"{type(self).__name__} of {self.user} on {self.machine}"

    @property
    def environment(self) -> dict[str, str]:
        return {}

    def root(self, command: str, stdin: str = "", seconds: float = 60) -> str:
        """What a command says that root runs beside the session; it must succeed."""
        done = run(self.cabinet.lab, self.machine, command, stdin, timeout=seconds)
        assert done.returncode == 0, (str(self), done)
        return done.stdout.strip()

    def as_user(self, command: str, stdin: str = "", seconds: float = 20) -> str:
        """What a command says that the person runs within the session, even if it fails."""
        return self.must(f"({command}) || :", stdin, seconds)

    def must(self, command: str, stdin: str = "", seconds: float = 20) -> str:
        """As `as_user`; the command must succeed."""
        given = {"HOME": f"/home/{self.user}", **self.environment}
        words = " ".join(f"{k}={shlex.quote(v)}" for k, v in given.items())
        bus = "XDG_RUNTIME_DIR=/run/user/$u DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$u/bus"
        return self.root(
            f"u=$(id -u {self.user}); timeout {seconds} runuser -u {self.user} -- "
            f"env {bus} {words} sh -c {shlex.quote(f'cd; {command}')}",
            stdin,
            seconds + 10,
        )

    def write(self, path: str, text: str) -> None:
        """A file in the person's home, written by the person."""
        place = shlex.quote(path)
        self.as_user(f'mkdir -p "$(dirname {place})"; cat >{place}', text)

    def start(self) -> None:
        """Log in, and wait until the desktop works."""
        given = {"XDG_SESSION_CLASS": "user", **self.environment}
        words = " ".join(f"-E {k}={shlex.quote(v)}" for k, v in given.items())
        self.root(
            f"systemd-run --quiet --collect --unit=desktop-{self.user} -p User={self.user} "
            f"-p PAMName=login -p WorkingDirectory=~ {words} {self.program}"
        )
        limit = time.monotonic() + 60
        while not self.ready():
            assert time.monotonic() < limit, f"{self}: {self.root('loginctl')}"
            time.sleep(0.5)

    def stop(self) -> None:
        """End the session and all that the person runs."""
        self.root(f"systemctl stop desktop-{self.user}; loginctl terminate-user {self.user} || :")

    def at_desktop(self, *words: str, seconds: float = 60) -> object:
        """The answer of ``at_desktop.py``, which runs within the session."""
        said = self.must(f"python3 - {' '.join(words)}", _AT_DESKTOP.read_text(), seconds)
        return json.loads(said)

    def press(self) -> None:
        """Touch a key."""
        assert self.at_desktop("press")

    def locked(self) -> bool:
        """Whether nobody gets into the session without its user's password."""
        return bool(self.at_desktop("locked"))

    def watch(self, seconds: float) -> float | None:
        """A last touch, then nothing: after how long it was locked (None: not in time)."""
        self.press()  # it may have waited for others, and what nobody touched is locked again
        self.unlock()
        return self.at_desktop("watch", str(seconds), seconds=seconds + 60)

    def session(self) -> str:
        return self.root(f"loginctl show-user {self.user} --property=Display --value")


@dataclass(frozen=True)
class Gnome(Desktop):
    program = "/usr/bin/gnome-session --session=gnome"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "XDG_SESSION_TYPE": "wayland",
            "XDG_SESSION_DESKTOP": "gnome",
            "XDG_CURRENT_DESKTOP": "GNOME",
            "DESKTOP_SESSION": "gnome",
            "LIBGL_ALWAYS_SOFTWARE": "1",
        }

    def start(self) -> None:
        self.root(_HEADLESS)
        super().start()

    def ready(self) -> bool:
        """The shell draws and can be asked to lock."""
        return self.as_user(f"{_IDLE}; {_SHIELD}").endswith("b false")

    def idle(self) -> float:
        return int(self.as_user(_IDLE).split()[-1]) / 1000

    def unlock(self) -> None:
        self.root(f"loginctl unlock-session {self.session()}")


@dataclass(frozen=True)
class Xfce(Desktop):
    display: str = ":7"
    touch: str = "key Escape"  # what `press` has xdotool do
    program = "/bin/sh -c " + shlex.quote(_X_SESSION).replace("$", "$$")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "XDG_SESSION_TYPE": "x11",
            "XDG_SESSION_DESKTOP": "xfce",
            "XDG_CURRENT_DESKTOP": "XFCE",
            "DESKTOP_SESSION": "xfce",
            "DISPLAY": self.display,
            "TOUCH": self.touch,
            "XAUTHORITY": f"/home/{self.user}/.Xauthority",
        }

    def ready(self) -> bool:
        """Xfce starts its locker some ten seconds after the rest."""
        return self.as_user("pgrep -u $(id -u) -f '^xfce4-screensaver$'") != ""

    def idle(self) -> float:
        return int(self.as_user("xprintidle")) / 1000

    def unlock(self) -> None:
        session = self.session()
        stop = f"systemctl stop socle-locker-{session}.service"  # the room's own
        self.root(f"loginctl unlock-session {session}; {stop} 2>/dev/null || :")


def together(desktops: Iterable[Desktop], action: str, *words: float) -> list:
    """Call a method of all side by side; the answers in their order."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda desktop: getattr(desktop, action)(*words), desktops))
