"""Settings of the backup room: what must come back, where its copies are, and how fresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, ClassVar

from pydantic import Field

from roles.backup.plan import (
    Served,
    access_key,
    collisions,
    elsewhere,
    flows_in,
    flows_out,
    needs_password,
    repositories_of,
    served_by,
    shared_passwords,
    target,
    whereabouts,
)
from roles.backup.repositories import Database, Repository
from socle.baseline import words
from socle.baseline.flows import Need
from socle.baseline.model import Host, Practice
from socle.baseline.settings import (
    BadSetting,
    BadSettings,
    RoomSettings,
    keyed,
    neutral,
    patient_data,
    read_across,
    secret,
    stricter,
)
from socle.baseline.types import Password, PastDay, Path, Reason, Text
from socle.baseline.windows import Window, on_calendar, once

SPREAD_MINUTES = 30
"""Machines begin that far apart at most: one server takes them all."""

SYSTEM_FOLDERS = ("/etc",)
"""Folders of settings: a machine that copies these alone has declared no data."""

Windows = Annotated[list[Window], Field(min_length=1)]


class Backup(RoomSettings):
    """Encrypted copies of the practice's data: where, how often, for how long."""

    derived_secrets: ClassVar[tuple[str, ...]] = ("private_key", "secrets")
    derived_from_secrets: ClassVar[tuple[str, ...]] = ("authorized", "missing", "sends")

    folders: Annotated[list[Path], stricter("superset"), patient_data(), read_across()] = []
    """Folders that must come back after a disaster; without any, there is nothing to copy."""

    nothing_to_copy: Annotated[Reason | None, neutral()] = None
    """Why a machine has nothing to copy: asked for where a server declares no folder of data."""

    excludes: Annotated[list[Text], stricter("subset")] = [
        "/home/*/.cache",
        "/home/*/.local/share/Trash",
    ]
    """Patterns of restic that are left out of the copies."""

    databases: Annotated[list[Database], keyed("name")] = []
    """Databases, dumped right before each copy."""

    repositories: Annotated[list[Repository], keyed("name"), read_across()] = []
    """Places that keep copies."""

    windows: Annotated[Windows, neutral()] = [Window(start="20:00", end="23:00")]
    """When copies are made: nobody is consulting. A machine that was off catches up."""

    maintenance_windows: Annotated[Windows, neutral()] = [Window(start="02:00", end="05:00")]
    """When repositories are checked, restoration is tested, and old copies are removed."""

    keep_daily_days: Annotated[int, Field(ge=7, le=366), neutral()] = 30
    """Days for which one copy a day is kept."""

    keep_weekly_weeks: Annotated[int, Field(ge=4, le=260), neutral()] = 12
    """Weeks for which one copy a week is kept."""

    keep_monthly_months: Annotated[int, Field(ge=3, le=120), neutral()] = 24
    """Months for which one copy a month is kept."""

    bandwidth_kib: Annotated[int, Field(ge=0), neutral()] = 0
    """KiB a second that a copy may send; 0: no bound."""

    max_age_hours: Annotated[int, Field(ge=1, le=168), stricter("lower")] = 26
    """Age of the newest copy, in hours, from which it counts as missing."""

    max_drift_percent: Annotated[int, Field(ge=5, le=100), stricter("lower")] = 50
    """How much smaller than the copy before the newest one may be."""

    check_days: Annotated[int, Field(ge=1, le=31), stricter("lower")] = 8
    """Days since a repository was last checked."""

    offline_days: Annotated[int, Field(ge=1, le=31), stricter("lower")] = 7
    """Days since the data were last copied to a disk that is not connected."""

    max_attached_hours: Annotated[int, Field(ge=1, le=72), stricter("lower")] = 12
    """Hours after which a disk that was left plugged in no longer counts as offline."""

    restore_test_days: Annotated[int, Field(ge=1, le=92), stricter("lower")] = 35
    """Days since files last came back from each repository."""

    full_exercise_days: Annotated[int, Field(ge=30, le=730), stricter("lower")] = 365
    """Days since a whole machine was last restored as an exercise."""

    full_exercise: Annotated[PastDay | None, neutral()] = None
    """Day of the last full exercise (docs/fr/sauvegardes.md has the procedure)."""

    hds_warning_days: Annotated[int, Field(ge=0, le=180), stricter("higher")] = 30
    """Days before its end from which a provider's HDS certificate no longer counts."""

    restore_sample_files: Annotated[int, Field(ge=5, le=500), stricter("higher")] = 20
    """Real files that a restore test brings back and compares."""

    store: Annotated[Path, neutral()] = "/srv/socle-backup"
    """On a backup server: the folder of its clients' repositories."""

    passwords: Annotated[dict[str, Password], secret(generated=True), neutral()] = {}
    """Repository -> password, for each machine its own (`socle backup passwords` makes them)."""

    luks_passphrases: Annotated[dict[str, Password], secret(generated=True), neutral()] = {}
    """Disk -> passphrase of its encryption."""

    @classmethod
    def keeps(cls, settings: Mapping[str, Any]) -> Iterable[str]:
        """Each copy, of what and to where, and copies of others, for how long."""
        targets = settings["backup_targets"]
        if any(one["online"] for one in targets):
            yield "daily copies (socle-backup.timer)"
        for one in targets:
            yield f"copies to {one['name']}"
            yield f"copies to {one['name']}: {whereabouts(one)}"
            if one["place"] == "off-site":
                yield f"copies to {one['name']}: off-site"
        for folder in settings["backup_folders"] if targets else ():
            yield f"copies of {folder}"
        for database in settings["backup_dumps"] if targets else ():
            yield f"copies of the database {database['name']}"
        for client in settings["backup_clients"]:
            yield f"copies kept for {client}"
        for one in settings["backup_served"]:
            for rule, length in one["keep_within"].items():
                unit = {"d": "days", "m": "months"}[length[-1]]
                yield f"copies kept for {one['client']}: {rule}: {length[:-1]} {unit}"

    @classmethod
    def needed_secrets(cls, host: Host) -> Mapping[str, Iterable[str]]:
        """A password for each repository with copies of its own, a passphrase for each disk."""
        mine = repositories_of(host)
        return {
            "passwords": [one.name for one in mine if needs_password(one, host)],
            "luks_passphrases": [one.name for one in mine if one.kind == "disk"],
        }

    def derive(self, host: Host, practice: Practice) -> dict[str, Any]:
        """Both sides of every copy: what this host sends where, and what it keeps for others.

        Returns:
            ``targets``: where this host's data go; ``known_hosts``: their host keys;
            ``served`` and ``authorized``: what it keeps, and whose keys may add to it;
            ``private_key`` and ``secrets``: for root's eyes on the host alone;
            ``writable``: folders outside of Socle's own that a copy writes into; ``disks``: names
            of offline disks plugged in here; ``missing``: why the host cannot be set up yet;
            ``calendar``, ``check_calendar``, ``restore_calendar``, ``prune_calendar``: for systemd;
            ``client``, ``sends``, ``server``, ``offline``, ``needed``: whether it copies, has a key
            to send with, keeps copies of others, has offline disks, any of it; ``timers``: each
            with whether it runs.

        Raises:
            BadSettings: a repository that does not fit the practice.
        """
        mine, served = repositories_of(host), served_by(host, practice)
        targets = [target(repository, practice) for repository in mine]
        calendars = self._calendars(host.name)
        problems = [one.problem for one in targets if one.problem is not None]
        problems += shared_passwords(host, practice)
        problems += self._unknown_hosts(practice)
        problems += collisions(calendars["prune_calendar"], served)
        if problems:
            raise BadSettings(problems)
        pruned = [one for one in served if one.repository.server_prunes]
        keys = {one.client.name: access_key(one.client) for one in served}
        disks = [one.name for one in mine if one.kind == "disk"]
        client, server, offline = (
            any(one.data["online"] for one in targets),
            bool(keys),
            bool(disks),
        )
        needed = client or server or offline
        needs = {"restic": needed, "rclone": server, "cryptsetup-bin": offline}
        return {
            "host": host.name,
            "client": client,
            "sends": client and access_key(host) is not None,
            "server": server,
            "offline": offline,
            "needed": needed,
            "timers": {
                "socle-backup.timer": client,
                "socle-backup-check.timer": client,
                "socle-backup-restore-test.timer": client,
                "socle-backup-prune.timer": server,
            },
            "packages": [package for package, needed in needs.items() if needed],
            "dumps": [one.model_dump(mode="json", exclude_none=True) for one in self.databases],
            "targets": [one.data for one in targets],
            "known_hosts": sorted({line for one in targets for line in one.known_hosts}),
            "disks": disks,
            "served": [self._served(one) for one in pruned],
            "writable": self._writable([one.data for one in targets], pruned),
            "clients": sorted(keys),
            "authorized": [
                {"client": name, "key": pair[1]} for name, pair in sorted(keys.items()) if pair
            ],
            "private_key": "\n".join((access_key(host) or ("", ""))[0].splitlines()[1:-1]),
            "secrets": self._secrets(mine, pruned),
            "missing": self._missing(mine, pruned, [one.known_hosts for one in targets]),
            **calendars,
        }

    def _writable(
        self, targets: Sequence[Mapping[str, Any]], pruned: Sequence[Served]
    ) -> list[str]:
        """Local repositories, and folders of database files, which SQLite opens with companions."""
        local = [one["path"] for one in targets if one["kind"] == "folder"]
        kept = [f"{self.store}/{one.client.name}" for one in pruned]
        files = [one.path.rpartition("/")[0] for one in self.databases if one.path]
        return [*local, *kept, *files]

    def _unknown_hosts(self, practice: Practice) -> Iterator[BadSetting]:
        known = [*practice.groups, *practice.hosts]
        for one in self.repositories:
            for at, word in enumerate(one.hosts):
                if word not in known:
                    place = ("repositories", one.name, "hosts", at)
                    yield BadSetting(place, words.unknown("host or group", word, known), word)

    def needed_flows(self, host: Host, practice: Practice) -> Iterator[Need]:
        """Each copy opens one connection over SSH: out here, in on the server."""
        return chain(flows_out(host, practice), flows_in(host, practice))

    def questions(self, host: Host, practice: Practice) -> Iterator[BadSetting]:  # noqa: ARG002
        """Whether a server without declared data really has none, and where data are copied to."""
        if self.nothing_to_copy is None:
            yield from self._unsaid_data(host)
            yield from self._no_place(host)

    def _unsaid_data(self, host: Host) -> Iterator[BadSetting]:
        own_data = [folder for folder in self.folders if folder not in SYSTEM_FOLDERS]
        if "workstations" in host.groups or own_data or self.databases:
            return
        yield BadSetting(
            (),
            "backup_folders or backup_databases with this machine's data, or why it has none",
            advice=f"Write this in host_vars/{host.name}.yml, or the reason alone:\n"
            "backup_folders: [/etc, /srv/…]\n"
            'backup_nothing_to_copy: ""',
        )

    def _no_place(self, host: Host) -> Iterator[BadSetting]:
        """Data that no other machine and no disk keeps a copy of: a copy beside them is none."""
        if self.databases and not self.folders:
            wanted = "backup_folders, too: without a folder no database is copied"
            yield BadSetting(("databases",), wanted)
        elif self.folders and not any(elsewhere(one, host) for one in repositories_of(host)):
            yield BadSetting(
                (),
                "a place for copies of this machine's data: a disk or another machine, in "
                "backup_repositories, whose hosts have this one",
                advice="Write this in group_vars/all.yml, below backup_repositories:\n"
                "  - name: serveur\n"
                "    kind: server\n"
                "    server: …\n"
                "    medium: nas\n"
                "    place: on-site\n"
                f"    hosts: [{host.name}]\n"
                f"Or why nothing is copied, in host_vars/{host.name}.yml:\n"
                'backup_nothing_to_copy: ""',
            )

    def _served(self, one: Served) -> dict[str, Any]:
        return {
            "client": one.client.name,
            "path": f"{self.store}/{one.client.name}",
            "keep_within": {
                "daily": f"{self.keep_daily_days}d",
                "weekly": f"{7 * self.keep_weekly_weeks}d",
                "monthly": f"{self.keep_monthly_months}m",
            },
        }

    def _secrets(self, mine: Sequence[Repository], pruned: Sequence[Served]) -> dict[str, Any]:
        return {
            "passwords": {
                one.name: self.passwords[one.name] for one in mine if one.name in self.passwords
            }
            | {f"served:{one.client.name}": one.password or "" for one in pruned},
            "luks": {
                one.name: self.luks_passphrases.get(one.name, "")
                for one in mine
                if one.kind == "disk"
            },
        }

    def _missing(
        self,
        mine: Sequence[Repository],
        pruned: Sequence[Served],
        known_hosts: Sequence[Sequence[str]],
    ) -> list[str]:
        """What has to be made before anything can be copied."""
        absent = [
            f"password of {one.name}"
            for one in mine
            if (self.folders or one.kind != "disk") and one.name not in self.passwords
        ]
        absent += [
            f"passphrase of the disk {one.name}"
            for one in mine
            if one.kind == "disk" and one.name not in self.luks_passphrases
        ]
        absent += [
            f"password of {one.client.name} for {one.repository.name}"
            for one in pruned
            if one.password is None
        ]
        absent += [
            f"host key of {one.server} in known_hosts"
            for one, keys in zip(mine, known_hosts, strict=True)
            if one.kind == "server" and not keys
        ]
        return absent

    def _calendars(self, host: str) -> dict[str, list[str]]:
        care = on_calendar(self.maintenance_windows, f"{host} maintenance", SPREAD_MINUTES)
        return {
            "calendar": on_calendar(self.windows, host, SPREAD_MINUTES),
            "prune_calendar": care,
            "check_calendar": [once(care[0], f"{host} check")],
            "restore_calendar": [once(care[-1], f"{host} restore", "*-*-1..7")],
        }
