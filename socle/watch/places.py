"""Where evidence can be dropped: a folder (perhaps of a mounted disk), or an account over SFTP."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from socle import bounds
from socle.harmless import line

Piece = tuple[Path, ...]  # a file of evidence, after its companions
CONNECT_SECONDS, SECONDS = 20, 300  # to reach an account, and for everything
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*")


class Trouble(Exception):
    """Nothing more can be delivered now. The text says why and holds no secret."""


@dataclass(frozen=True)
class Folder:
    """A folder that is there. ``mount``: it lies on what is mounted there, else it is not used."""

    way: ClassVar[str] = "folder"
    path: Path
    mount: Path | None = None

    @property
    def to(self) -> str:
        """The place, for people."""
        return str(self.path)

    def deliver(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        """Copy each piece; yields what is there. Raises Trouble."""
        try:
            folder = self._open()
        except OSError as error:
            raise Trouble(f"{self.path}: {error.strerror}") from None
        try:
            for piece in pieces:
                for file in piece:
                    _copy(file, folder)
                os.fsync(folder)
                yield piece
        except OSError as error:
            raise Trouble(f"{self.path}: {error.strerror}") from None
        finally:
            os.close(folder)

    def _open(self) -> int:
        """The folder, held open: what is unmounted later is not written beside."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        if self.mount is None:
            return os.open(self.path, flags)
        if not self.path.is_relative_to(self.mount):
            raise Trouble(f"{self.path} is not below {self.mount}")
        mounted = os.open(self.mount, flags)
        try:
            if _mount_of(mounted) == _mount_of_parent(self.mount):
                raise Trouble(f"{self.mount}: nothing is mounted there")
            return os.open(self.path.relative_to(self.mount), flags, dir_fd=mounted)
        finally:
            os.close(mounted)


@dataclass(frozen=True)
class Sftp:
    """An account that takes files. ``known_hosts`` alone says which host it must be.

    ``key``: a private key without passphrase, root's, 0600. ``folder``: it must be there.
    """

    way: ClassVar[str] = "sftp"
    host: str
    user: str
    key: Path
    known_hosts: Path
    folder: str = "."
    port: int = 22

    @property
    def to(self) -> str:
        """The place, for people."""
        return f"{self.user}@{self.host}:{self.folder}"

    def deliver(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        """Upload all pieces over one connection; yields what is there. Raises Trouble."""
        if not pieces:
            return
        if not (_WORD.fullmatch(self.host) and _WORD.fullmatch(self.user)):
            raise Trouble("the host or the account has an impossible name")
        lines = [f"cd {_quoted(self.folder)}"]
        for file in (file for piece in pieces for file in piece):
            part = f".{file.name}.part"
            lines += [f"put -f {_quoted(str(file))} {part}", f"rename {part} {file.name}"]
        self._batch("\n".join([*lines, ""]))
        yield from pieces

    def _batch(self, commands: str) -> None:
        """Run sftp's commands; the first that fails ends it."""
        for needed in (self.key, self.known_hosts):
            if not needed.is_file():
                raise Trouble(f"{needed}: there is no such file")
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": f'"{self.known_hosts}"',
            "GlobalKnownHostsFile": "/dev/null",
            "IdentityFile": f'"{self.key}"',
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "PreferredAuthentications": "publickey",
            "ConnectTimeout": str(CONNECT_SECONDS),
            "ServerAliveInterval": str(bounds.ALIVE_SECONDS),
            "ServerAliveCountMax": str(bounds.ALIVE_MISSED),
        }
        words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        host = f"[{self.host}]" if ":" in self.host else self.host
        whom = ("-P", str(self.port), "--", f"{self.user}@{host}")
        try:
            done = bounds.run(
                ["sftp", "-F", "/dev/null", "-b", "-", *words, *whom],
                stdin=commands.encode(),
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                limit=SECONDS,
            )
        except bounds.TooSlow:
            raise Trouble(f"not done within {SECONDS} s") from None
        except bounds.TooLarge as large:
            raise Trouble(str(large)) from None
        except FileNotFoundError:
            raise Trouble("sftp is not installed (openssh-client)") from None
        if done.code != 0:
            raise Trouble(_reason(done.stderr.decode(errors="replace")))


def _copy(file: Path, folder: int) -> None:
    """Put a file into an open folder, under its name when it is whole. Raises OSError.

    Nothing is followed or reused that somebody else may have put there.
    """
    part = f".{file.name}.part"
    with suppress(FileNotFoundError):
        os.unlink(part, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(part, flags, 0o600, dir_fd=folder)
    try:
        with suppress(OSError):  # a share may know no modes
            os.fchmod(handle, 0o640)  # for the folder's group, if the practice gave it one (setgid)
        with file.open("rb") as source, os.fdopen(handle, "wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        os.rename(part, file.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise


def _mount_of(handle: int) -> str:
    """The number of the mount on which an open folder lies (proc(5), fdinfo)."""
    lines = Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii").splitlines()
    return next(line for line in lines if line.startswith("mnt_id:"))


def _mount_of_parent(mount: Path) -> str:
    handle = os.open(mount.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return _mount_of(handle)
    finally:
        os.close(handle)


def _quoted(path: str) -> str:
    """A path as one word of sftp's, which knows quotes and backslashes, and expands patterns."""
    if not path.isprintable():
        raise Trouble("the folder has an impossible name")
    return '"' + re.sub(r'(["\\*?\[])', r"\\\1", path) + '"'


def _reason(said: str) -> str:
    """The last thing that sftp complained of, besides the end of the connection."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("Connection closed")] or lines
    return line(telling[-1], 200) if telling else "sftp failed without a word"
