"""What is destroyed comes back."""

from __future__ import annotations

import json

import pytest

from socle.lab import run

pytestmark = pytest.mark.lab
measured = print


@pytest.mark.proof  # test_backup_room.py brings data back from either server
@pytest.mark.parametrize("client", ["imagerie", "medecin"])
def test_destroyed_data_comes_back(practice, client):
    practice.fill(client, files=60, kilobytes=900)
    before, etc = practice.hashes(client), practice.hashes(client, "/etc")
    record = json.loads(practice.backup(client, "run --json"))
    assert record["result"] == "ok"
    for name in practice.SERVERS:
        found = practice.status(client, name)
        assert found["missing_folders"] == []
        assert found["newest"]["bytes"] > 60 * 900 * 1024
        assert found["newest"]["age_hours"] < 1
    for name, made in record["repositories"].items():
        measured(f"{client}: {made['bytes']} bytes to {name} in {made['seconds']} s")

    for name in practice.SERVERS:
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


def test_a_restore_that_was_cut_goes_on(practice):
    for client in practice.CLIENTS:  # restic 0.14, restic 0.18
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
        practice.killed(client, "-f '[s]bin/socle-backup'")
        practice.killed(client, "-x restic")
        assert not run(practice.lab, client, "ls /srv/images").stdout, "half a restore is in place"
        plan = json.loads(practice.backup(client, restore).splitlines()[0])
        measured(
            f"{client}: went on after {plan['resumed_portions']} of {plan['portions']} portions"
        )
        assert plan["resumed_portions"] >= 1
        assert practice.hashes(client) == before
        practice.on(client, "! ls -d /srv/.socle-restore*")


def test_a_missing_folder_is_no_success(practice):
    said = practice.backup("medecin", "run", code=1)
    assert "declared folder is missing: /srv/images" in said
    found = practice.status("medecin", "serveur")
    assert found["missing_folders"] == ["/srv/images"]
    assert found["folders"]["/etc"] > 10
