"""Real machines that back up to each other, set up by hand as the room does it."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from labs import net, number, standing

from socle.lab import Lab, Machine, Network, run

NETWORK = net("backup")
MACHINES = {
    "medecin": ("trixie", f"{NETWORK}.12"),
    "imagerie": ("bookworm", f"{NETWORK}.20"),
    "sauvegarde": ("trixie", f"{NETWORK}.30"),
    "hebergeur": ("bookworm", f"{NETWORK}.40"),
}


class Practice:
    """Two clients, a backup server on the spot and one far away, set up by hand."""

    ADDRESSES: ClassVar = {name: address for name, (_, address) in MACHINES.items()}
    CLIENTS = ("imagerie", "medecin")  # restic 0.14, restic 0.18
    SERVERS: ClassVar = {"serveur": "sauvegarde", "distant": "hebergeur"}
    HOME = "/srv/socle-backup"
    NAMES = "DUPONT-Jean-19620412"  # a patient's, as they stand in the names of files

    def __init__(self, root: Path, folder: Path) -> None:
        machines = tuple(Machine(name, image, (ip,)) for name, (image, ip) in MACHINES.items())
        network = Network(f"socle-bak{number()}", (f"{NETWORK}.1/24",))
        self.lab = Lab(f"backup-{number()}", folder, network, machines)
        self.root = root
        self.folder = folder

    def on(self, machine: str, command: str, timeout: float = 300) -> str:
        """What a command of root's says that must succeed."""
        done = run(self.lab, machine, command, timeout=timeout)
        assert done.returncode == 0, f"{machine}: {command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def backup(self, machine: str, words: str, code: int = 0, timeout: float = 600) -> str:
        """``socle-backup WORDS``: both outputs."""
        done = run(self.lab, machine, f"socle-backup {words} 2>&1", timeout=timeout)
        assert done.returncode == code, f"{machine}: {words}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def status(self, machine: str, repository: str) -> dict:
        found = json.loads(self.backup(machine, "status --json"))["repositories"]
        return next(one for one in found if one["name"] == repository)

    def background(self, machine: str, command: str) -> str:
        """Start a command and leave it to itself; its process id."""
        words = f"setsid sh -c {shlex.quote(command)} < /dev/null > /dev/null 2>&1 & echo $!"
        return self.on(machine, words).strip()

    def started(self, machine: str, words: str) -> None:
        """``socle-backup WORDS``, left to itself; how it ends is in ``/tmp/started``."""
        self.on(machine, "rm -f /tmp/started")
        command = f"socle-backup {words} > /tmp/started 2>&1; echo code $? >> /tmp/started"
        self.background(machine, command)

    def wait_for(self, machine: str, condition: str, seconds: float = 60) -> None:
        limit = time.monotonic() + seconds
        while run(self.lab, machine, condition).returncode != 0:
            assert time.monotonic() < limit, f"{machine}: never: {condition}"
            time.sleep(0.2)

    def edited(self, machine: str, **values: object) -> None:
        """Other values in the machine's ``backup.json``."""
        data = {**self.declared(machine), **values}
        self.put(machine, "/etc/socle/backup.json", json.dumps(data))

    def put(self, machine: str, path: str, text: str) -> None:
        """A file of root's alone."""
        command = f"mkdir -p $(dirname {path}); umask 077; cat > {path}"
        assert run(self.lab, machine, command, stdin=text).returncode == 0

    def declared(self, machine: str) -> dict:
        """What a machine backs up, and what it keeps for others."""
        if machine in self.SERVERS.values():
            keep = {"daily": "30d", "weekly": "12w", "monthly": "24m"}
            served = [
                {"client": c, "path": f"{self.HOME}/{c}", "keep_within": keep} for c in self.CLIENTS
            ]
            own = {"name": "local", "kind": "folder", "path": "/srv/own", "medium": "disk"}
            return {"host": machine, "folders": ["/etc"], "repositories": [own], "served": served}
        repositories = [
            {"name": name, "kind": "server", "address": self.ADDRESSES[server], "medium": "disk",
             "place": "on-site" if name == "serveur" else "off-site", "online": True}
            for name, server in self.SERVERS.items()
        ]  # fmt: skip
        return {"host": machine, "folders": ["/etc", "/srv/images"], "excludes": ["*.tmp"],
                "repositories": repositories}  # fmt: skip

    def secrets(self, machine: str) -> dict[str, str]:
        for name, server in self.SERVERS.items():
            if machine == server:
                clients = {f"served:{one}": self.secrets(one)[name] for one in self.CLIENTS}
                return {"local": f"mot-secret-{machine}", **clients}
        return {name: f"mot-secret-{machine}-{name}" for name in self.SERVERS}

    def set_up(self) -> None:
        """Programs, accounts and keys: once."""
        for machine in MACHINES:
            shown = self.lab.home(self.lab.machine(machine)) / "root"
            shutil.copytree(self.root / "roles/backup/files/usr", shown / "usr", dirs_exist_ok=True)
            self.on(machine, INSTALL, timeout=600)
        lines = []
        for client in self.CLIENTS:
            key = self.folder / f"{client}.key"
            if not key.exists():
                subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", key], check=True)
            self.put(client, "/etc/socle/backup_ed25519", key.read_text())
            known = self.lab.known_hosts.read_text()
            self.put(client, "/etc/socle/backup_known_hosts", known)
            public = key.with_suffix(".key.pub").read_text()
            serve = f"rclone serve restic --stdio --append-only {self.HOME}/{client}"
            lines.append(f'restrict,command="{serve}" {public}')
        for server in self.SERVERS.values():
            self.on(server, SERVER)
            self.put(server, "/etc/ssh/authorized_keys.d/socle-backup", "".join(lines))
            self.on(server, "chmod -R a+rX /etc/ssh/authorized_keys.d; systemctl reload ssh")

    def afresh(self) -> None:
        """Every repository and every record gone, the declarations as they were."""
        for machine in MACHINES:
            gone = "/var/lib/socle /var/cache/socle /srv/own /srv/images /restored /.socle-restore*"
            self.on(machine, f"rm -rf {gone}")
        for server in self.SERVERS.values():
            self.on(server, f"umount -q {self.HOME}/*; rm -rf {self.HOME}/*")
            for client in self.CLIENTS:
                self.on(
                    server,
                    f"install -d -o socle-backup -g socle-backup -m 700 {self.HOME}/{client}",
                )
        for machine in MACHINES:
            self.edited(machine)
            words = json.dumps({"passwords": self.secrets(machine)})
            self.put(machine, "/etc/socle/backup-secrets.json", words)

    def fill(self, machine: str, files: int, kilobytes: int, folder: str = "/srv/images") -> None:
        """Files that do not compress, under a patient's name."""
        self.on(
            machine,
            f"for i in $(seq {files}); do d={folder}/{self.NAMES}/$((i % 7)); mkdir -p $d;"
            f" head -c {kilobytes}K /dev/urandom > $d/$i.dcm; done",
        )

    def script(self, machine: str, name: str, *words: str) -> str:
        """What a script of this folder says on a machine; it must succeed."""
        self.put(machine, f"/tmp/{name}", (Path(__file__).parent / name).read_text())
        return self.on(machine, shlex.join(["sh", f"/tmp/{name}", *words]))

    def stored(self, server: str, client: str) -> set[str]:
        """Hash and name of every file of a client's repository."""
        command = f"cd {self.HOME}/{client} && find . -type f -exec sha256sum {{}} +"
        return set(self.on(server, command).splitlines())

    def killed(self, machine: str, what: str) -> None:
        """End processes of the machine at once: ``pgrep``'s words for them."""
        self.on(machine, f"for p in $(pgrep {what}); do kill -9 $p || :; done")

    def hashes(self, machine: str, folder: str = "/srv/images") -> str:
        return self.on(
            machine, f"cd {folder} && find . -type f -print0 | sort -z | xargs -0 sha256sum"
        )


INSTALL = """
export DEBIAN_FRONTEND=noninteractive
command -v restic > /dev/null && command -v rclone > /dev/null && exit 0
apt-get -qq install --no-install-recommends restic rclone > /tmp/apt.log 2>&1 || {
    apt-get -qq update > /tmp/apt.log 2>&1
    apt-get -qq install --no-install-recommends restic rclone > /tmp/apt.log 2>&1
} || { cat /tmp/apt.log; exit 1; }
"""
SERVER = """
set -eu
id socle-backup > /dev/null 2>&1 ||
    useradd --system --home-dir /srv/socle-backup --shell /bin/sh socle-backup
install -d -o socle-backup -g socle-backup -m 700 /srv/socle-backup
mkdir -p /etc/ssh/authorized_keys.d
cat > /etc/ssh/sshd_config.d/60-socle-backup.conf <<'END'
Match User socle-backup
    AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u
END
"""


@pytest.fixture(scope="session")
def booted(need_a_lab: None, pytestconfig: pytest.Config) -> Iterator[Practice]:
    root = pytestconfig.rootpath
    made = Practice(root, root / f"build/backup-{number()}")
    with standing(made.lab):
        made.set_up()
        yield made


@pytest.fixture
def practice(booted: Practice) -> Practice:
    booted.afresh()
    return booted
