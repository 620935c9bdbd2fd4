"""All the links of a practice: one generated ssh_config, one shared connection a host."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from socle import bounds
from socle.baseline.model import Host
from socle.errors import SocleError
from socle.verify.checks import Unreachable
from socle.verify.links import LOCAL_PREFIX, Link, ssh_prefix
from socle.verify.memory import Turn
from socle.verify.questions import Notebook
from socle.verify.reasons import CONNECT_TIMEOUT
from socle.verify.recorder import Recorder

if TYPE_CHECKING:
    from socle.baseline.known_machines import KnownMachines

PERSIST = 120  # seconds an idle shared connection outlives a session that was killed
SIDE_BY_SIDE = 32
LONGEST_FOLDER = 60  # characters: a socket's path may have 104 on some systems


class Links(Protocol):
    """What a verification asks through: live connections, or stored answers."""

    @property
    def notebook(self) -> Notebook:
        """What comes first with every question."""

    def link(self, name: str) -> Link:
        """The link of a host, opened or not."""

    def open(self, names: Iterable[str]) -> None:
        """Get ready to reach these hosts."""

    def begin(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Get ready to ask hosts (by name) for controls (their ids)."""

    def turn(self, host: str, control: str) -> None:
        """From now on the questions are those of one check."""

    def used(self) -> Mapping[str, Link]:
        """The links that were asked something, by their hosts' names."""

    def close(self) -> None:
        """The checks are done."""


class Connections:
    """The links of some hosts, opened when first needed and closed together.

    Their sockets lie in a short folder that only the operator can enter.
    """

    def __init__(
        self,
        hosts: Mapping[str, Host],
        notebook: Recorder | None = None,
        known: KnownMachines | None = None,
    ) -> None:
        """Describe ``hosts`` to ssh. Raises SocleError where there is no ssh.

        ``known``: which machines they have to be; without it, whoever answers is asked.
        """
        self.notebook = notebook or Recorder()
        if shutil.which("ssh") is None and any(_by_ssh(host) for host in hosts.values()):
            raise SocleError("this computer has no ssh: install the OpenSSH client")
        self._folder = _private_folder()
        self._config = Path(self._folder.name, "config")
        self._config.write_text("\n".join(_stanzas(hosts.values(), self._config.parent)))
        self._links = {
            name: Link(host, self._prefix(host), self.notebook, known)
            for name, host in hosts.items()
        }
        self._turns: Collection[Turn] = ()
        self._new: set[str] = set()  # wanted, and nothing is known of what to ask them ahead
        self._first: dict[tuple[str, ...], str] = {}  # groups -> the host that was asked first

    def link(self, name: str) -> Link:
        """The link of a host, opened or not."""
        return self._links[name]

    def open(self, names: Iterable[str]) -> None:
        """Connect to these hosts side by side. One that cannot be asked keeps its trouble."""
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            list(pool.map(self._try, names))

    def begin(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Connect to these hosts side by side, and ask each at once what it was asked last time.

        One that was never asked is asked what another with the same groups was asked: last time,
        or before it in this verification. ``wanted``: host -> ids of the controls that will be
        looked at.
        """
        self._turns = {(name, one) for name, controls in wanted.items() for one in controls}
        known = {name for name in self._links if self.notebook.knows(name)}
        models = {self._kind(name): name for name in known}
        likes = {name: None if name in known else models.get(self._kind(name)) for name in wanted}
        self._new = {name for name, like in likes.items() if like is None} - known
        self._begin_all({name: like for name, like in likes.items() if name not in self._new})
        self.open(self._new)

    def turn(self, host: str, control: str) -> None:
        """From now on the questions are those of ``control`` about ``host``."""
        if host in self._new:
            self._meet(host)
        self.notebook.turn(host, control)

    def _meet(self, host: str) -> None:
        """The first of a kind is asked one by one, the others all at once what it was asked."""
        first = self._first.setdefault(self._kind(host), host)
        alike = {name for name in self._new if self._kind(name) == self._kind(host)}
        if first == host:
            self._new.discard(host)
            return
        self._new -= alike
        self._begin_all(dict.fromkeys(alike, first))

    def _kind(self, name: str) -> tuple[str, ...]:
        return self._links[name].target.groups

    def _begin_all(self, likes: Mapping[str, str | None]) -> None:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            list(pool.map(lambda name: self._begin(name, likes[name]), likes))

    def used(self) -> dict[str, Link]:
        """The links that carried a command, by their hosts' names."""
        return {name: link for name, link in self._links.items() if link.executions}

    def close(self) -> None:
        """End the shared connections and remove their folder; remember what was asked."""
        self.notebook.remember(self.used())
        shared = [link for link in self.used().values() if _by_ssh(link.target)]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            list(pool.map(self._end, shared))
        self._folder.cleanup()

    def _prefix(self, host: Host) -> tuple[str, ...]:
        return ssh_prefix(host, self._config) if _by_ssh(host) else LOCAL_PREFIX

    def _try(self, name: str) -> None:
        with suppress(Unreachable):  # the link remembers, each check will say it
            self._links[name].open()

    def _begin(self, name: str, like: str | None) -> None:
        self._try(name)
        if self._links[name].trouble is None:
            model = None if like is None else self._links[like].target
            self.notebook.ask_ahead(self._links[name], self._turns, model)

    def _end(self, link: Link) -> None:
        exit_master = ["ssh", "-F", str(self._config), "-O", "exit", "--", link.target.name]
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(exit_master, capture_output=True, timeout=10, check=False)


def _by_ssh(host: Host) -> bool:
    return host.connection.method == "ssh"


def _private_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with its object, whatever happens; ssh may take its sockets first."""
    short = len(tempfile.gettempdir()) <= LONGEST_FOLDER
    where = None if short else "/tmp"  # noqa: S108
    return tempfile.TemporaryDirectory(prefix="socle-", dir=where, ignore_cleanup_errors=True)


def _stanzas(hosts: Iterable[Host], folder: Path) -> Iterable[str]:
    """The ssh_config: a stanza a host, then what holds for all."""
    for number, host in enumerate(hosts):
        connection = host.connection
        if connection.method != "ssh":
            continue
        yield f"Host {host.name}"
        yield f"  HostName {_value(connection.address)}"
        yield f"  Port {connection.port}"
        yield f"  User {_value(connection.user)}"
        yield f"  ControlPath {_value(folder / str(number))}"
        if connection.key_file is not None:
            yield f"  IdentityFile {_value(connection.key_file)}"
            yield "  IdentitiesOnly yes"
        if connection.known_hosts_file is not None:
            yield f"  UserKnownHostsFile {_value(connection.known_hosts_file)}"
            yield "  GlobalKnownHostsFile none"
    yield from _FOR_ALL
    yield f"  ServerAliveInterval {bounds.ALIVE_SECONDS}"
    yield f"  ServerAliveCountMax {bounds.ALIVE_MISSED}"
    yield ""


_FOR_ALL = (
    "Host *",
    "  ControlMaster auto",
    f"  ControlPersist {PERSIST}",
    "  StrictHostKeyChecking yes",
    "  UpdateHostKeys no",
    "  BatchMode yes",
    f"  ConnectTimeout {CONNECT_TIMEOUT}",
    "  ClearAllForwardings yes",
    "  ForwardAgent no",
    "  ForwardX11 no",
    "  LogLevel ERROR",
)


def _value(value: object) -> str:
    """A value as ssh_config reads it: quoted, its percent signs meant as such."""
    text = str(value)
    if not text.isprintable() or '"' in text:
        raise SocleError(f"ssh cannot be given the value {text!r}")
    return '"{}"'.format(text.replace("%", "%%"))
