"""A killed run, a full disk, a cut network, two at once: nothing is lost, and it is said."""

from __future__ import annotations

import json
import re
import time

import pytest

pytestmark = pytest.mark.lab
measured = print


# Killed with restic it leaves a lock behind, as after a power cut: the harder of the two.
@pytest.mark.parametrize(
    "alone", [pytest.param("the program", marks=pytest.mark.proof), "everything"]
)
def test_a_killed_run_loses_nothing(practice, alone):
    practice.fill("imagerie", files=3, kilobytes=100)
    practice.backup("imagerie", "run")
    first = practice.status("imagerie", "serveur")
    practice.fill("imagerie", files=20, kilobytes=1000)
    practice.edited("imagerie", bandwidth_kib=1500)
    practice.started("imagerie", "run")
    time.sleep(6)
    practice.killed("imagerie", "-f '[s]bin/socle-backup'")
    if alone == "everything":
        practice.killed("imagerie", "-x restic")
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


def test_a_full_disk_on_the_server(practice):
    practice.on(
        "sauvegarde",
        "mount -t tmpfs -o size=16m,mode=700,uid=socle-backup,gid=socle-backup x "
        f"{practice.HOME}/imagerie",
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

    practice.on("sauvegarde", f"mount -o remount,size=200m {practice.HOME}/imagerie")
    practice.on("sauvegarde", f"find {practice.HOME}/imagerie -type f -exec touch -d -1hour {{}} +")
    measured(practice.backup("sauvegarde", "tidy"))  # its timer: files that the full disk cut short
    assert "backup: ok" in practice.backup("imagerie", "run")
    practice.backup("imagerie", "check")
    assert practice.status("imagerie", "serveur")["snapshots"] == 2


def test_a_full_disk_on_the_client(practice):
    """What is stored is still told, and nothing that was recorded is lost."""
    practice.fill("medecin", files=3, kilobytes=100)
    practice.backup("medecin", "run")
    runs = practice.on("medecin", "cat /var/lib/socle/backup/runs.json")
    places = ("/var/lib/socle", "/var/cache/socle")
    for place in places:
        practice.on(
            "medecin",
            f"cp -a {place} /tmp/kept && mount -t tmpfs -o size=64m,mode=700 x {place} && "
            f"cp -a /tmp/kept/. {place}/ && rm -r /tmp/kept; "
            f"cat /dev/zero > {place}/full 2>/dev/null; ! sh -c 'echo > {place}/another'",
        )
    try:
        found = json.loads(practice.backup("medecin", "status --try-delete --json"))
        for one in found["repositories"]:
            assert (one["snapshots"], one["error"], one["missing_folders"]) == (1, None, [])
        said = practice.backup("medecin", "run", code=1)
        measured(f"full disk of the client: {said}")
        assert "No space left on device" in said
        assert practice.on("medecin", "cat /var/lib/socle/backup/runs.json") == runs
    finally:
        for place in places:
            practice.on("medecin", f"umount {place}")
    assert "backup: ok" in practice.backup("medecin", "run")


def test_a_cut_network(practice):
    practice.fill("medecin", files=3, kilobytes=100)
    practice.backup("medecin", "run")
    practice.fill("medecin", files=20, kilobytes=1000)
    practice.edited("medecin", bandwidth_kib=2000)
    practice.started("medecin", "run")
    time.sleep(5)
    server = practice.ADDRESSES["sauvegarde"]
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


def test_six_hundred_names_of_a_large_file(practice):
    """180 GB to read, for 300 MB: one name is copied, and whatever else has two comes back so."""
    practice.fill("medecin", files=3, kilobytes=100)
    practice.on(
        "medecin",
        "cd /srv/images && mkdir twice many && echo letter > twice/a && ln twice/a twice/b &&"
        " cd many && fallocate -l 300M a && echo mine > b &&"
        ' python3 -c \'import os; [os.link("a", f"b{n} $HOME\\n*[") for n in range(600)]\'',
    )
    began = time.monotonic()
    said = practice.backup("medecin", "run", code=1)
    measured(f"many names: {time.monotonic() - began:.0f} s: {said}")
    assert "too many to read each: 600 of root (188743680000 bytes)\n" in said
    assert "backup: incomplete" in said
    practice.backup("medecin", "restore --repository serveur --path /srv/images --to /restored")
    practice.on("medecin", "cd /restored/srv/images && test twice/a -ef twice/b")
    assert practice.on("medecin", "cd /restored/srv/images/many && ls").split() == ["a", "b"]
    practice.backup("medecin", "restore-test")


def test_two_at_once(practice):
    practice.fill("medecin", files=8, kilobytes=1000)
    practice.edited("medecin", bandwidth_kib=1500)
    practice.started("medecin", "run")
    practice.wait_for("medecin", "pgrep -x restic")
    said = practice.backup("medecin", "run", code=75)
    assert re.search(r"not started: a backup \(pid \d+, since .*\) is running", said)
    practice.wait_for("medecin", "grep -q ^code /tmp/started", 120)
    assert "code 0" in practice.on("medecin", "cat /tmp/started")
