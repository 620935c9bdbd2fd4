"""A client in the wrong hands loses nothing that was stored before; nothing secret shows."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest

pytestmark = pytest.mark.lab
measured = print
DEEP = """python3 -c '
import os
for _ in range(1500):
    os.mkdir("a")
    os.chdir("a")
open("letter", "w").write("deep")'"""


@pytest.mark.proof  # two minutes for each; test_backup_room.py has a client that wipes what it can
@pytest.mark.parametrize(
    ("client", "attacked"),
    [
        pytest.param("imagerie", "serveur", id="restic 0.14"),
        pytest.param("medecin", "distant", id="restic 0.18"),
    ],
)
def test_a_client_in_the_wrong_hands(practice, client, attacked):
    """Root on the client wipes all it can reach; what was backed up before is still there."""
    practice.fill(client, files=10, kilobytes=200)
    before = practice.hashes(client)
    practice.backup(client, "run")
    server = practice.SERVERS[attacked]
    before_it = practice.on(server, "sleep 1; date -u +%Y-%m-%dT%H:%M:%SZ").strip()
    stored = practice.stored(server, client)
    said = practice.script(client, "wipe.sh", practice.ADDRESSES[server], attacked)
    measured(f"{client} against {attacked}:\n{said}")
    gone = stored - practice.stored(server, client)
    assert not gone, f"{server}: gone or changed: {sorted(gone)}"
    measured(practice.backup(server, f"rewind {client} --to {before_it}"))
    practice.on(client, "rm -rf /srv/images /var/lib/socle /var/cache/socle /etc/socle/backup*")

    practice.set_up()  # the machine is installed again, from the sealed envelope
    practice.edited(client)
    words = json.dumps({"passwords": practice.secrets(client)})
    practice.put(client, "/etc/socle/backup-secrets.json", words)
    practice.backup(client, f"restore --repository {attacked} --path /srv/images --to /")
    assert practice.hashes(client) == before
    assert practice.status(client, attacked)["snapshots"] >= 1
    practice.backup(client, "check")


def test_a_snapshot_of_the_future(practice):
    """Time-based retention would drop every older snapshot: prune refuses, and says why."""
    practice.fill("imagerie", files=3, kilobytes=50)
    before = practice.hashes("imagerie")
    practice.backup("imagerie", "run --repository serveur")
    server = practice.ADDRESSES["sauvegarde"]
    practice.script("imagerie", "dated.sh", server, "2031-01-01 03:00:00")
    assert len(practice.status("imagerie", "serveur")["future"]) == 1
    said = practice.backup("sauvegarde", "prune", code=1)
    assert re.search("imagerie: refused: 1 snapshots are dated in the future .*2031-01-01", said)
    served = json.loads(practice.backup("sauvegarde", "status --json"))["served"]
    assert served[0]["last_prune"]["result"] == "refused"
    assert len(served[0]["future"]) == len(served[0]["misdated"]) == 1
    assert served[0]["snapshots"] == 2
    snapshot = practice.on(
        "sauvegarde", f"ls -tr {practice.HOME}/imagerie/snapshots | head -1"
    ).strip()[:8]
    practice.backup(
        "imagerie",
        f"restore --repository serveur --snapshot {snapshot} --path /srv/images --to /restored",
    )
    assert practice.hashes("imagerie", "/restored/srv/images") == before


@pytest.mark.proof  # a minute; each of it is a unit test in roles/backup/tests
def test_what_one_client_or_one_user_makes_stops_nobody_else(practice):
    """A date before all years, a folder 1,500 deep, a name that is no UTF-8."""
    practice.fill("imagerie", files=3, kilobytes=50)
    practice.on("imagerie", f"cd /srv/images && echo odd > $(printf 'odd\\377') && {DEEP}")
    all_of_it = (
        "cd /srv/images && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum"
    )
    before = practice.on("imagerie", all_of_it)
    practice.backup("imagerie", "run --repository serveur")
    practice.script("imagerie", "dated.sh", practice.ADDRESSES["sauvegarde"], "0000-01-01 00:00:00")
    practice.backup("medecin", "run --repository serveur", code=1)  # it has no /srv/images
    owner = "runuser -u socle-backup -- "
    practice.on("sauvegarde", f"cd {practice.HOME}/imagerie && {owner}{DEEP}")
    said = practice.backup("sauvegarde", "prune")
    assert "imagerie: ok" in said
    assert "medecin: ok" in said
    served = json.loads(practice.backup("sauvegarde", "status --json"))["served"]
    assert [(one["error"], len(one["misdated"])) for one in served] == [(None, 1), (None, 0)]
    assert served[0]["misdated"][0]["time"] == "0001-01-01T00:00:00Z"
    practice.on("imagerie", "find /srv/images -type f -exec sh -c 'echo lost > \"$1\"' sh {} \\;")
    practice.backup("imagerie", "restore --repository serveur --path /srv/images --to / --in-place")
    assert practice.on("imagerie", all_of_it) == before
    practice.on("imagerie", "! ls -d /.socle-restore* /srv/.socle-restore*")


def test_only_the_server_lets_go(practice):
    """Old snapshots go by the time of their arrival; the client's access works on afterwards."""
    practice.fill("imagerie", files=5, kilobytes=300)
    practice.backup("imagerie", "run --repository serveur")
    ages = (400, 399, 200, 41, 40, 3)
    for age in ages:
        practice.on("imagerie", "head -c 200K /dev/urandom > /srv/images/now")
        claimed = datetime.now() - timedelta(days=age)
        server = practice.ADDRESSES["sauvegarde"]
        practice.script("imagerie", "dated.sh", server, f"{claimed:%Y-%m-%d %H:%M:%S}")
        newest = f"cd {practice.HOME}/imagerie/snapshots && touch -d '{age} days ago'"
        practice.on("sauvegarde", f"{newest} $(ls -t | head -1)")
    practice.backup("imagerie", "run --repository serveur")
    practice.backup("medecin", "run --repository serveur", code=1)  # it has no /srv/images
    before = int(practice.on("sauvegarde", f"du -sb {practice.HOME}/imagerie").split()[0])
    said = practice.backup("sauvegarde", "prune")
    after = int(practice.on("sauvegarde", f"du -sb {practice.HOME}/imagerie").split()[0])
    measured(f"prune: {said}{before} bytes before, {after} after")
    removed, left = map(int, re.search(r"imagerie: ok, (\d+) removed, (\d+) kept", said).groups())
    assert removed + left == len(ages) + 3  # with the canary that a copy leaves
    assert removed >= 1
    assert after < before
    practice.on("sauvegarde", f"! find {practice.HOME}/imagerie ! -user socle-backup | grep .")
    assert practice.status("imagerie", "serveur")["snapshots"] == left - 1
    practice.backup("imagerie", "run")
    practice.backup("imagerie", "check")
    practice.backup("imagerie", "restore-test")
    assert "keeps no backups" in practice.backup("imagerie", "prune", code=1)


@pytest.mark.parametrize("client", ["imagerie", pytest.param("medecin", marks=pytest.mark.proof)])
def test_nothing_secret_shows(practice, client):
    """Passwords, keys and names of patients' files: not in journal, processes, records, output."""
    practice.fill(client, files=30, kilobytes=300)
    practice.on(client, f"install -m 000 -o nobody /dev/null /srv/images/{practice.NAMES}-closed")
    command = "while sleep 0.03; do ps auxeww; done > /tmp/ps.log"
    watcher = practice.background(client, command)
    try:
        unit = "systemd-run --quiet --wait --collect --property=CapabilityBoundingSet='~{}'"
        blind = unit.format("CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH")
        practice.on(client, f"! {blind} socle-backup run")  # a file that it cannot read
        found = json.loads(practice.backup(client, "status --json"))["last_run"]
        assert found["repositories"]["serveur"]["unreadable"] >= 1, found
        assert found["repositories"]["serveur"]["result"] == "incomplete"
        for words in (
            "run", "status --try-delete --json", "restore-test", "check",
            "restore --repository serveur --path /srv/images --to /restored",
        ):  # fmt: skip
            practice.on(client, f"systemd-run --quiet --wait --collect socle-backup {words}")
        practice.on("sauvegarde", "systemd-run --quiet --wait --collect socle-backup status")
    finally:
        practice.on(client, f"kill {watcher}")
    assert int(practice.on(client, "grep -c 'restic.*backup --json' /tmp/ps.log")) > 3
    assert int(practice.on(client, "grep -c 'restic.* restore ' /tmp/ps.log")) > 3
    assert "serveur: ok" in practice.on(client, "journalctl --no-pager -o cat")
    key = practice.on(client, "sed -n 3p /etc/socle/backup_ed25519").strip()
    canaries = [*practice.secrets(client).values(), key, "DUPONT", "19620412"]
    practice.put(client, "/root/canaries", "\n".join(canaries) + "\n")
    for place in (
        "/tmp/ps.log", "-r /var/lib/socle", "-r /run/socle-backup", "-r /var/cache/socle",
        "-r /var/log", "-r /run/log",
    ):  # fmt: skip
        said = practice.on(client, f"grep -aFf /root/canaries {place} | head -c 600; true")
        assert not said, f"{client}: {place}: {said}"
    said = practice.on(
        client, "journalctl --no-pager | grep -aFf /root/canaries | head -c 600; true"
    )
    assert not said, f"{client}: journal: {said}"
    for server in practice.SERVERS.values():
        said = practice.on(server, "journalctl --no-pager | grep -aE 'mot-|DUPONT' | head; true")
        assert not said, f"{server}: journal: {said}"
