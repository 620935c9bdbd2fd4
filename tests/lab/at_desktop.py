"""Runs within a session, as its user: ``locked``, ``press``, or ``watch SECONDS``; answers in JSON.

``watch`` touches the session once and then only looks, until it is locked or the time is over:
the answer is the seconds from the touch to the lock, or null. X11 is touched as ``TOUCH`` says.
"""

import ctypes
import json
import os
import subprocess
import sys
import time

from gi.repository import Gio, GLib

ESCAPE = 1  # the key's number in the kernel
MUTTER = "org.gnome.Mutter.RemoteDesktop"
LOGIN = "org.freedesktop.login1"
LOOKS = 0.2  # seconds between two looks
STEADY = 5  # seconds: a locker that cannot get the keyboard has given up by then


def call(bus, name, path, interface, method, *words, kind=""):
    """The answer to a D-Bus call, as Python values."""
    given = GLib.Variant(f"({kind})", words) if words else None
    return bus.call_sync(name, path, interface, method, given, None, 0, 9000, None).unpack()


class Gnome:
    """A GNOME session on Wayland."""

    def __init__(self):
        """Find both buses and the session."""
        self.own = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.system = Gio.bus_get_sync(Gio.BusType.SYSTEM)
        manager = (LOGIN, "/org/freedesktop/login1", f"{LOGIN}.Manager")
        (user,) = call(self.system, *manager, "GetUser", os.getuid(), kind="u")
        self.session = self.property(user, "User", "Display")[1]

    def property(self, path, interface, name):
        """A property of one of logind's objects."""
        words = (f"{LOGIN}.{interface}", name)
        properties = "org.freedesktop.DBus.Properties"
        return call(self.system, LOGIN, path, properties, "Get", *words, kind="ss")[0]

    def press(self):
        """Press and release a key, as a remote hand does."""
        (hand,) = call(self.own, MUTTER, "/" + MUTTER.replace(".", "/"), MUTTER, "CreateSession")
        own = (self.own, MUTTER, hand, f"{MUTTER}.Session")
        call(*own, "Start")
        for down in (True, False):
            call(*own, "NotifyKeyboardKeycode", ESCAPE, down, kind="ub")
        moment = time.monotonic()
        call(*own, "Stop")
        return moment

    def locked(self):
        """Whether the shield is there, and is not one that a key takes away."""
        shield = ("org.gnome.Shell.ScreenShield", "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver")
        hint = self.property(self.session, "Session", "LockedHint")
        return hint and call(self.own, *shield, "GetActive")[0]


class X11:
    """A session on an X server."""

    def __init__(self):
        """Connect to the X server."""
        self.own = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.x = ctypes.CDLL("libX11.so.6")
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        self.x.XDefaultRootWindow.restype = ctypes.c_ulong
        self.display = ctypes.c_void_p(self.x.XOpenDisplay(None))
        self.root = ctypes.c_ulong(self.x.XDefaultRootWindow(self.display))

    def press(self):
        """Press a key, or do with the mouse what the session was told to."""
        words = os.environ.get("TOUCH", "key Escape").split()
        subprocess.run(["xdotool", *words], check=True)
        return time.monotonic()

    def locked(self):
        """Which locker runs, if nobody else gets the keyboard any more."""
        return self._keyboard_taken() and (self._i3lock() or self._saver())

    def _i3lock(self):
        words = ["pgrep", "--oldest", "-u", str(os.getuid()), "-x", "i3lock"]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout

    def _saver(self):
        name = "org.xfce.ScreenSaver"
        try:
            return call(self.own, name, "/org/xfce/ScreenSaver", name, "GetActive")[0]
        except GLib.Error:  # it was killed
            return False

    def _keyboard_taken(self):
        """An open menu takes it as a locker does."""
        now = ctypes.c_ulong(0)
        taken = self.x.XGrabKeyboard(self.display, self.root, 0, 1, 1, now) == 1
        self.x.XUngrabKeyboard(self.display, now)
        self.x.XSync(self.display, 0)
        return taken


def watch(session, seconds):
    """Seconds from a touch to the lock; None when it did not come within ``seconds``."""
    pressed = session.press()
    time.sleep(1)
    assert not session.locked(), "locked before anything was measured"
    while (now := time.monotonic()) < pressed + seconds:
        if locker := session.locked():
            time.sleep(STEADY)
            if session.locked() == locker:
                return round(now - pressed, 1)
        time.sleep(LOOKS)
    return None


def main(action, *words):
    """Do one thing, and print its answer."""
    session = X11() if os.environ.get("XDG_SESSION_TYPE") == "x11" else Gnome()
    answer = watch(session, float(words[0])) if words else getattr(session, action)()
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
