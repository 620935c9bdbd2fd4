"""Backups between real machines: what is destroyed comes back, whatever went wrong before."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from socle.lab import Lab, Machine, Network, down, run, up
from socle.lab.locks import locked

pytestmark = pytest.mark.lab

NUMBER = 100 + int(os.environ.get("SOCLE_TEST_LAB", "17"))
ADDRESSES = {
    "medecin": ("trixie", f"10.77.{NUMBER}.12"),
    "imagerie": ("bookworm", f"10.77.{NUMBER}.20"),
    "sauvegarde": ("trixie", f"10.77.{NUMBER}.30"),
    "hebergeur": ("bookworm", f"10.77.{NUMBER}.40"),
}
CLIENTS = ("imagerie", "medecin")
SERVERS = {"serveur": "sauvegarde", "distant": "hebergeur"}
HOME = "/srv/socle-backup"
measured = print
NAMES = "DUPONT-Jean-19620412"
"""A patient's name, as it stands in the names of files."""


class Practice:
    """Two clients, a backup server on the spot and one far away, set up by hand."""

    def __init__(self, root: Path, folder: Path) -> None:
        machines = tuple(Machine(name, image, (ip,)) for name, (image, ip) in ADDRESSES.items())
        network = Network("socle-bak", (f"10.77.{NUMBER}.1/24",))
        self.lab = Lab("backup", folder, network, machines)
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

    def started(self, machine: str, words: str) -> None:
        """The same command, left to itself; its end is in ``/tmp/started``."""
        command = f"socle-backup {words} > /tmp/started 2>&1; echo code $? >> /tmp/started"
        self.on(
            machine, f"rm -f /tmp/started; setsid sh -c '{command}' < /dev/null > /dev/null 2>&1 &"
        )

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
        if machine == "sauvegarde":
            keep = {"daily": "30d", "weekly": "12w", "monthly": "24m"}
            served = [{"client": c, "path": f"{HOME}/{c}", "keep_within": keep} for c in CLIENTS]
            own = {"name": "local", "kind": "folder", "path": "/srv/own", "medium": "disk"}
            return {"host": machine, "folders": ["/etc"], "repositories": [own], "served": served}
        repositories = [
            {"name": name, "kind": "server", "address": ADDRESSES[server][1], "medium": "disk",
             "place": "on-site" if name == "serveur" else "off-site", "online": True}
            for name, server in SERVERS.items()
        ]  # fmt: skip
        return {"host": machine, "folders": ["/etc", "/srv/images"], "excludes": ["*.tmp"],
                "repositories": repositories}  # fmt: skip

    def secrets(self, machine: str) -> dict[str, str]:
        if machine == "sauvegarde":
            return {"local": "mot-de-sauvegarde"} | {
                f"served:{one}": self.secrets(one)["serveur"] for one in CLIENTS
            }
        return {name: f"mot-secret-{machine}-{name}" for name in SERVERS}

    def set_up(self) -> None:
        """Programs, accounts and keys: once."""
        for machine in ADDRESSES:
            shown = self.lab.home(self.lab.machine(machine)) / "root"
            shutil.copytree(self.root / "roles/backup/files/usr", shown / "usr", dirs_exist_ok=True)
            self.on(machine, INSTALL, timeout=600)
        lines = []
        for client in CLIENTS:
            key = self.folder / f"{client}.key"
            if not key.exists():
                subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", key], check=True)
            self.put(client, "/etc/socle/backup_ed25519", key.read_text())
            known = self.lab.known_hosts.read_text()
            self.put(client, "/etc/socle/backup_known_hosts", known)
            public = key.with_suffix(".key.pub").read_text()
            serve = f"rclone serve restic --stdio --append-only {HOME}/{client}"
            lines.append(f'restrict,command="{serve}" {public}')
        for server in SERVERS.values():
            self.on(server, SERVER)
            self.put(server, "/etc/ssh/authorized_keys.d/socle-backup", "".join(lines))
            self.on(server, "chmod -R a+rX /etc/ssh/authorized_keys.d; systemctl reload ssh")

    def afresh(self) -> None:
        """Every repository and every record gone, the declarations as they were."""
        for machine in ADDRESSES:
            gone = "/var/lib/socle /var/cache/socle /srv/own /srv/images /restored /.socle-restore*"
            self.on(machine, f"rm -rf {gone}")
        for server in SERVERS.values():
            self.on(server, f"umount -q {HOME}/*; rm -rf {HOME}/*")
            for client in CLIENTS:
                self.on(
                    server, f"install -d -o socle-backup -g socle-backup -m 700 {HOME}/{client}"
                )
        for machine in (*CLIENTS, "sauvegarde"):
            self.edited(machine)
            words = json.dumps({"passwords": self.secrets(machine)})
            self.put(machine, "/etc/socle/backup-secrets.json", words)

    def fill(self, machine: str, files: int, kilobytes: int, folder: str = "/srv/images") -> None:
        """Files that do not compress, under a patient's name."""
        self.on(
            machine,
            f"for i in $(seq {files}); do d={folder}/{NAMES}/$((i % 7)); mkdir -p $d;"
            f" head -c {kilobytes}K /dev/urandom > $d/$i.dcm; done",
        )

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
SERVER = f"""
set -eu
id socle-backup > /dev/null 2>&1 || useradd --system --home-dir {HOME} --shell /bin/sh socle-backup
install -d -o socle-backup -g socle-backup -m 700 {HOME}
mkdir -p /etc/ssh/authorized_keys.d
cat > /etc/ssh/sshd_config.d/60-socle-backup.conf <<'END'
Match User socle-backup
    AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u
END
"""


@pytest.fixture(scope="module")
def booted(need_a_lab: None, pytestconfig: pytest.Config) -> Iterator[Practice]:
    made = Practice(pytestconfig.rootpath, pytestconfig.rootpath / "build" / "lab-backup")
    with locked(Path("/run/socle-lab/backup.lock")):
        down(made.lab, print)
        try:
            up(made.lab, print)
            made.set_up()
            yield made
        finally:
            down(made.lab, print)


@pytest.fixture
def practice(booted: Practice) -> Practice:
    booted.afresh()
    return booted


@pytest.mark.parametrize("client", CLIENTS)
def test_destroyed_data_comes_back(practice: Practice, client: str) -> None:
    practice.fill(client, files=60, kilobytes=900)
    before, etc = practice.hashes(client), practice.hashes(client, "/etc")
    record = json.loads(practice.backup(client, "run --json"))
    assert record["result"] == "ok"
    for name in SERVERS:
        found = practice.status(client, name)
        assert found["missing_folders"] == []
        assert found["newest"]["bytes"] > 60 * 900 * 1024
        assert found["newest"]["age_hours"] < 1
    for name, made in record["repositories"].items():
        measured(f"{client}: {made['bytes']} bytes to {name} in {made['seconds']} s")

    for name in SERVERS:
        practice.on(client, "rm -rf /srv/images/*")
        said = practice.backup(
            client, f"restore --repository {name} --path /srv/images --to / --in-place --json"
        )
        done = json.loads(said.splitlines()[-1])
        measured(f"{client}: {done['bytes']} bytes from {name} in {done['seconds']} s")
        assert practice.hashes(client) == before
    practice.backup(client, "restore --repository distant --path /etc --to /restored")
    assert practice.hashes(client, "/restored/etc") == etc
    assert "not empty" in practice.backup(
        client, "restore --repository distant --path /etc --to /restored", code=1
    )


def test_a_restore_that_was_cut_goes_on(practice: Practice) -> None:
    for client in CLIENTS:  # restic 0.14, restic 0.18
        # 120 folders: two portions
        practice.on(
            client,
            "for i in $(seq 120); do mkdir -p /srv/images/$i;"
            " head -c 300K /dev/urandom > /srv/images/$i/image; done",
        )
        before = practice.hashes(client)
        practice.backup(client, "run --repository serveur")
        practice.on(client, "rm -rf /srv/images")
        restore = "restore --repository serveur --path /srv/images --to / --json"
        practice.started(client, restore)
        practice.wait_for(client, "test -e /srv/.socle-restore*/done.json")
        practice.on(client, KILL)
        assert not run(practice.lab, client, "ls /srv/images").stdout, "half a restore is in place"
        plan = json.loads(practice.backup(client, restore).splitlines()[0])
        measured(
            f"{client}: went on after {plan['resumed_portions']} of {plan['portions']} portions"
        )
        assert plan["resumed_portions"] >= 1
        assert practice.hashes(client) == before
        practice.on(client, "! ls -d /srv/.socle-restore*")


# The program's own processes, by their ids: all of its process group.
KILL = "for p in $(pgrep -f sbin/socle-backup) $(pgrep -x restic); do kill -9 $p || :; done"


@pytest.mark.parametrize("alone", ["the program", "everything"])
def test_a_killed_run_loses_nothing(practice: Practice, alone: str) -> None:
    practice.fill("imagerie", files=3, kilobytes=100)
    practice.backup("imagerie", "run")
    first = practice.status("imagerie", "serveur")
    practice.fill("imagerie", files=20, kilobytes=1000)
    practice.edited("imagerie", bandwidth_kib=1500)
    practice.started("imagerie", "run")
    time.sleep(6)
    practice.on(
        "imagerie", KILL if alone == "everything" else "kill -9 $(pgrep -f sbin/socle-backup)"
    )
    practice.wait_for("imagerie", "! pgrep -x restic", 30)
    found = json.loads(practice.backup("imagerie", "status --json"))
    assert (found["last_run"]["result"], found["running"]) == ("running", False)
    assert found["repositories"][0]["newest"] == {
        **first["newest"], "age_hours": found["repositories"][0]["newest"]["age_hours"]
    }  # fmt: skip
    practice.on("imagerie", "! ls /var/lib/socle/backup/dumps/*")

    practice.edited("imagerie")
    assert "backup: ok" in practice.backup("imagerie", "run")
    runs = json.loads(practice.on("imagerie", "cat /var/lib/socle/backup/runs.json"))
    assert [one["result"] for one in runs] == ["ok", "interrupted", "ok"]
    practice.backup("imagerie", "check")
    practice.backup("imagerie", "restore-test")


def test_a_full_disk_on_the_server(practice: Practice) -> None:
    practice.on(
        "sauvegarde",
        f"mount -t tmpfs -o size=16m,mode=700,uid=socle-backup,gid=socle-backup x {HOME}/imagerie",
    )
    practice.fill("imagerie", files=5, kilobytes=500)
    small = practice.hashes("imagerie")
    practice.backup("imagerie", "run")
    practice.fill("imagerie", files=40, kilobytes=1000)
    began = time.monotonic()
    said = practice.backup("imagerie", "run", code=1)
    measured(f"full disk: noticed after {time.monotonic() - began:.0f} s: {said}")
    assert "serveur: failed: no space left where the repository is" in said
    assert "distant: ok" in said
    found = practice.status("imagerie", "serveur")
    assert found["snapshots"] == 1
    practice.backup("imagerie", "restore --repository serveur --path /srv/images --to /restored")
    assert practice.hashes("imagerie", "/restored/srv/images") == small

    practice.on("sauvegarde", f"mount -o remount,size=200m {HOME}/imagerie")
    assert "backup: ok" in practice.backup("imagerie", "run")
    practice.backup("imagerie", "check")


def test_a_cut_network(practice: Practice) -> None:
    practice.fill("medecin", files=3, kilobytes=100)
    practice.backup("medecin", "run")
    practice.fill("medecin", files=20, kilobytes=1000)
    practice.edited("medecin", bandwidth_kib=2000)
    practice.started("medecin", "run")
    time.sleep(5)
    server = ADDRESSES["sauvegarde"][1]
    hook = "'{ type filter hook output priority 0; }'"
    cut = f"nft add table inet cut; nft add chain inet cut out {hook}"
    practice.on("medecin", f"{cut}; nft add rule inet cut out ip daddr {server} drop")
    began = time.monotonic()
    try:
        practice.wait_for("medecin", "grep -q ^code /tmp/started", 600)
    finally:
        practice.on("medecin", "nft delete table inet cut")
    said = practice.on("medecin", "cat /tmp/started")
    measured(f"cut network: noticed after {time.monotonic() - began:.0f} s: {said}")
    assert "code 1" in said
    assert re.search("serveur: failed: the (server does not answer|connection .* was cut)", said)
    assert "distant: ok" in said
    assert practice.status("medecin", "serveur")["snapshots"] == 1
    practice.edited("medecin")
    assert "backup: ok" in practice.backup("medecin", "run")
    practice.backup("medecin", "check")


def test_two_at_once(practice: Practice) -> None:
    practice.fill("medecin", files=10, kilobytes=1000)
    practice.edited("medecin", bandwidth_kib=2000)
    practice.started("medecin", "run")
    practice.wait_for("medecin", "pgrep -x restic")
    said = practice.backup("medecin", "run", code=75)
    assert re.search(r"not started: a backup \(pid \d+, since .*\) is running", said)
    practice.wait_for("medecin", "grep -q ^code /tmp/started", 120)
    assert "code 0" in practice.on("medecin", "cat /tmp/started")


def test_a_missing_folder_is_no_success(practice: Practice) -> None:
    said = practice.backup("medecin", "run", code=1)
    assert "declared folder is missing: /srv/images" in said
    found = practice.status("medecin", "serveur")
    assert found["missing_folders"] == ["/srv/images"]
    assert found["folders"]["/etc"] > 10
