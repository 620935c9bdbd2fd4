"""Real desktop sessions without a screen: GNOME on Wayland, Xfce under Xvfb. Used, left, locked."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from socle.lab import run

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

# A key pressed and released, as a remote hand does it; says when, on the computer's own clock.
_PRESS_IN_GNOME = """\
import time
from gi.repository import Gio, GLib
name = "org.gnome.Mutter.RemoteDesktop"
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
def call(path, interface, method, *words):
    given = GLib.Variant("(ub)", words) if words else None
    return bus.call_sync(name, path, interface, method, given, None, 0, 9000, None).unpack()
(hand,) = call("/" + name.replace(".", "/"), name, "CreateSession")
call(hand, name + ".Session", "Start")
call(hand, name + ".Session", "NotifyKeyboardKeycode", 42, True)
call(hand, name + ".Session", "NotifyKeyboardKeycode", 42, False)
print(time.monotonic())
call(hand, name + ".Session", "Stop")
"""

# Nobody but a locker (or an open menu) keeps the keyboard from everybody else.
_TAKEN = """\
import ctypes
x = ctypes.CDLL("libX11.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
x.XDefaultRootWindow.restype = ctypes.c_ulong
display = ctypes.c_void_p(x.XOpenDisplay(None))
root = ctypes.c_ulong(x.XDefaultRootWindow(display))
print("taken" if x.XGrabKeyboard(display, root, 0, 1, 1, ctypes.c_ulong(0)) == 1 else "free")
"""

_CALL = "busctl --user --auto-start=no call"
_IDLE = (
    f"{_CALL} org.gnome.Mutter.IdleMonitor /org/gnome/Mutter/IdleMonitor/Core"
    " org.gnome.Mutter.IdleMonitor GetIdletime"
)
_SHIELD = (
    f"{_CALL} org.gnome.Shell.ScreenShield /org/gnome/ScreenSaver org.gnome.ScreenSaver GetActive"
)
_SAVER = f"{_CALL} org.xfce.ScreenSaver /org/xfce/ScreenSaver org.xfce.ScreenSaver GetActive"

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

    def root(self, command: str, stdin: str = "") -> str:
        """What a command says that root runs beside the session; it must succeed."""
        done = run(self.cabinet.lab, self.machine, command, stdin, timeout=60)
        assert done.returncode == 0, (str(self), done)
        return done.stdout.strip()

    def as_user(self, command: str, stdin: str = "") -> str:
        """What a command says that the person runs within the session; "" when it fails."""
        words = " ".join(f"{k}={shlex.quote(v)}" for k, v in self.environment.items())
        bus = "XDG_RUNTIME_DIR=/run/user/$u DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$u/bus"
        inner = shlex.quote(f"cd; {command}")
        return self.root(
            f"u=$(id -u {self.user}); "
            f"timeout 10 runuser -u {self.user} -- env {bus} {words} sh -c {inner} || true",
            stdin,
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

    def press(self) -> float:
        """Touch a key; the moment, on the monotonic clock."""
        return float(self.as_user("python3 -", _PRESS_IN_GNOME))

    def locked(self) -> bool:
        """The shield is there, and it is not one that a key takes away."""
        said = self.as_user(
            f"loginctl show-session {self.session()} --property=LockedHint; {_SHIELD}"
        )
        return said.split() == ["LockedHint=yes", "b", "true"]

    def unlock(self) -> None:
        self.root(f"loginctl unlock-session {self.session()}")


@dataclass(frozen=True)
class Xfce(Desktop):
    display: str = ":7"
    program = "/bin/sh -c " + shlex.quote(_X_SESSION).replace("$", "$$")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "XDG_SESSION_TYPE": "x11",
            "XDG_SESSION_DESKTOP": "xfce",
            "XDG_CURRENT_DESKTOP": "XFCE",
            "DESKTOP_SESSION": "xfce",
            "DISPLAY": self.display,
            "XAUTHORITY": f"/home/{self.user}/.Xauthority",
        }

    def ready(self) -> bool:
        """Xfce starts its locker some ten seconds after the rest."""
        return self.as_user("pgrep -u $(id -u) -f '^xfce4-screensaver$'") != ""

    def idle(self) -> float:
        return int(self.as_user("xprintidle")) / 1000

    def press(self) -> float:
        """Touch a key; the moment, on the monotonic clock."""
        self.as_user("xdotool key shift")
        return time.monotonic() - self.idle()

    def locked(self) -> bool:
        """A locker runs, and nobody else gets the keyboard any more."""
        said = self.as_user(f"{{ pgrep -u $(id -u) -x i3lock || {_SAVER}; }} && python3 -", _TAKEN)
        return said.endswith("taken") and "b false" not in said

    def unlock(self) -> None:
        self.root(f"loginctl unlock-session {self.session()}; pkill -u {self.user} -x i3lock || :")


def together(desktops: Iterable[Desktop], action: str) -> list:
    """Call a method of all side by side; the answers in their order."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda desktop: getattr(desktop, action)(), desktops))


def left_alone(desktops: Iterable[Desktop], seconds: float) -> dict[Desktop, float | None]:
    """A key in each session, then nothing: after how long each was seen locked (None: never)."""
    desktops = list(desktops)
    pressed = dict(zip(desktops, together(desktops, "press"), strict=True))
    assert not any(together(desktops, "locked"))
    found: dict[Desktop, float | None] = dict.fromkeys(desktops)
    limit = time.monotonic() + seconds
    time.sleep(max(0.0, seconds - 8))  # looking costs: not more often than needed
    while (waiting := [d for d in desktops if found[d] is None]) and time.monotonic() < limit:
        for desktop, locked in zip(waiting, together(waiting, "locked"), strict=True):
            if locked:
                found[desktop] = time.monotonic() - pressed[desktop]
        time.sleep(0.2)
    return found
