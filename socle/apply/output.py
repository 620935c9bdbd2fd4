"""What a command says, read while it runs and no further than it may go (gevent's way)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gevent import iwait, killall, spawn  # type: ignore[import-untyped]
from paramiko import SSHException

from socle import bounds

BROKEN = (TimeoutError, OSError, EOFError, SSHException)
"""What a connection raises that ends."""
_PIECE = 1 << 16  # bytes


class Output:
    """Both outputs of one command. ``lines``: ("stdout" or "stderr", text), as they came."""

    def __init__(self, tell: Callable[[str], object] | None = None) -> None:
        """``tell`` gets each line at once."""
        self.lines: list[tuple[str, str]] = []
        self._tell = tell
        self._left = bounds.LARGEST

    def read(self, stdout: Any, stderr: Any, seconds: float | None) -> None:
        """Read paramiko's files, or pipes, to their ends.

        Raises:
            TooLarge, TimeoutError: a limit was not kept; both are closed.
            OSError, EOFError, SSHException: the connection broke.
        """
        both = (("stdout", stdout), ("stderr", stderr))
        readers = [spawn(self._follow, name, _receiver(name, file)) for name, file in both]
        done = 0
        try:
            for reader in iwait(readers, timeout=seconds):
                if reader.value is not None:
                    raise reader.value
                done += 1
            if done < len(readers):
                raise TimeoutError
        except BaseException:
            killall(readers)
            for _, file in both:
                getattr(file, "channel", file).close()
            raise

    def _follow(self, name: str, receive: Callable[[int], bytes]) -> Exception | None:
        """Read one output; what went wrong is returned, as gevent would print it."""
        begun = bytearray()  # a line without an end is not copied at each piece of it
        try:
            while piece := receive(_PIECE):
                self._left -= len(piece)
                if self._left < 0:
                    return bounds.TooLarge()
                *complete, rest = piece.split(b"\n")
                for end in complete:
                    self._keep(name, begun + end)
                    begun.clear()
                begun += rest
        except BROKEN as error:
            return error
        if begun:
            self._keep(name, begun)
        return None

    def _keep(self, name: str, line: bytearray) -> None:
        text = line.decode(errors="replace")
        self.lines.append((name, text))
        if self._tell is not None:
            self._tell(text)


def _receiver(name: str, file: Any) -> Callable[[int], bytes]:
    """A function that returns the next bytes, so many at most; none at the end."""
    channel = getattr(file, "channel", None)
    if channel is None:
        return file.read1  # type: ignore[no-any-return]
    return channel.recv if name == "stdout" else channel.recv_stderr  # type: ignore[no-any-return]
