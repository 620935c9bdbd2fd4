"""Closes what holds the keyboard of an X screen: with a menu open no locker can cover it.

Runs as the session's user, on its DISPLAY. Exit code 0: the keyboard is free. Escape is pressed
only while a program has the keyboard to itself, never into a form that somebody was filling in.
"""

import ctypes
import sys
import time

TRIES = 6  # menus may be nested
ESCAPE = 0xFF1B  # keysym
NOW, ASYNCHRONOUS, GRABBED = 0, 1, 0


def main():
    """Press Escape until the keyboard is free."""
    x11, test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    if not display:
        return 1
    root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
    key = x11.XKeysymToKeycode(display, ctypes.c_ulong(ESCAPE))
    for _ in range(TRIES):
        if x11.XGrabKeyboard(display, root, 0, ASYNCHRONOUS, ASYNCHRONOUS, NOW) == GRABBED:
            x11.XUngrabKeyboard(display, NOW)
            x11.XSync(display, 0)
            return 0
        for pressed in (1, 0):
            test.XTestFakeKeyEvent(display, key, pressed, NOW)
        x11.XSync(display, 0)
        time.sleep(0.05)
    return 1


if __name__ == "__main__":
    sys.exit(main())
