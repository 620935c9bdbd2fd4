"""The cabinet's backups from the operator's chair: copies, loss, restore, and honest verdicts."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from socle.verify.verdicts import Verdict

pytestmark = pytest.mark.lab
HASHES = "cd {} && find . -type f -exec sha256sum {{}} + | sort -k 2 | sha256sum"


@pytest.fixture(scope="module")
def copied(cabinet):
    """The practice, hardened, with first copies made as an operator makes them."""
    cabinet.harden("imagerie", *cabinet.practice.groups["backup_servers"])
    cabinet.root_on("imagerie", "rm -f /var/lib/socle/evidence/restore-tests/*.json")
    said = cabinet.socle("backup", "run", cabinet.folder, "--limit", "imagerie", timeout=600)
    assert "backup: ok" in said
    assert "files equal" in said  # the first copy is tested at once
    return cabinet


def verdict(cabinet, host: str, control: str):
    return cabinet.verdicts(limit=(host,), controls=(control,))[host, control]


def test_lost_images_come_back_from_either_server(copied):
    before = copied.root_on("imagerie", HASHES.format("/srv/images"))
    for repository in ("serveur", "distant"):
        copied.root_on("imagerie", "rm -r /srv/images; rm -rf /restauration")
        words = ("--repository", repository, "--path", "/srv/images", "--to", "/restauration")
        said = copied.socle("restore", copied.folder, "imagerie", *words, "--yes", timeout=600)
        assert "back: 24 files" in said
        copied.root_on("imagerie", "mv /restauration/srv/images /srv/images")
        assert copied.root_on("imagerie", HASHES.format("/srv/images")) == before


def test_the_status_is_the_repositories_own(copied):
    said = copied.socle("backup", "status", copied.folder, "--limit", "imagerie", "--json")
    assert '"missing_folders": []' in said
    shown = copied.socle(
        "backup", "status", copied.folder, "--limit", "imagerie", "--limit", "hebergeur"
    )
    assert "distant" in shown
    assert "for imagerie" in shown


def test_a_repository_wiped_on_the_server_is_seen_and_made_anew(copied):
    store = "/srv/socle-backup/imagerie"
    copied.root_on("sauvegarde", f"mv {store} /srv/away && mkdir -m 700 {store} && "
                   f"chown socle-backup: {store}")  # fmt: skip
    try:
        found = verdict(copied, "imagerie", "backup-scheduled")
        assert found.verdict is Verdict.FAIL
        assert "serveur: there is no repository yet" in found.detail
    finally:
        copied.root_on("sauvegarde", f"rm -r {store} && mv /srv/away {store}")
    assert verdict(copied, "imagerie", "backup-scheduled").verdict is Verdict.PASS


def test_a_wiping_client_leaves_the_earlier_copies(copied):
    """It deletes its data, tries to delete its copies, and copies rubbish over and over."""
    before = copied.root_on("imagerie", HASHES.format("/srv/images"))
    attack = """cp -a /srv/images /root/kept
for file in /srv/images/*; do head -c 1000 /dev/urandom >"$file"; done
socle-backup status --try-delete --json; socle-backup run || :
rm -rf /var/cache/socle /var/lib/socle/backup"""
    said = copied.root_on("imagerie", attack, timeout=300)
    assert '"refused": true' in said
    assert '"refused": false' not in said
    listed = copied.socle("backup", "status", copied.folder, "--limit", "imagerie", "--json")
    oldest = re.search(r'"oldest": \{\s+"id": "(\w+)"', listed)
    words = ("--path", "/srv/images", "--snapshot", oldest[1], "--to", "/before")
    copied.socle("restore", copied.folder, "imagerie", *words, "--yes", timeout=600)
    assert copied.root_on("imagerie", HASHES.format("/before/srv/images")) == before
    copied.root_on("imagerie", "rm -r /srv/images && mv /root/kept /srv/images; rm -r /before")


def test_an_unreachable_server_gives_no_good_verdict(copied):
    copied.root_on("sauvegarde", "systemctl stop ssh.service ssh.socket 2>/dev/null; :")
    try:
        found = verdict(copied, "imagerie", "backup-scheduled")
        assert found.verdict is Verdict.UNKNOWN
        told = r"serveur: the (server refuses the connection|connection to the server was cut)"
        assert re.search(told, found.detail)
        assert "serveur: failed" in copied.socle(
            "backup", "run", copied.folder, "--limit", "imagerie", code=1, timeout=600
        )
    finally:
        copied.root_on("sauvegarde", "systemctl start ssh.service")


def test_a_certificate_that_ends_is_told_in_time(copied):
    soon = date.today() + timedelta(days=10)
    with copied.edited("group_vars/all.yml", "until: 2029-06-30", f"until: {soon}"):
        found = verdict(copied, "imagerie", "backup-target-hds")
    assert found.verdict is Verdict.FAIL
    assert "(10 days)" in found.detail


def test_an_old_exercise_is_told(copied):
    long_ago = date.today() - timedelta(days=400)
    text = (copied.folder / "group_vars/all.yml").read_text()
    declared = re.search(r"backup_full_exercise: \S+", text)[0]
    with copied.edited("group_vars/all.yml", declared, f"backup_full_exercise: {long_ago}"):
        found = verdict(copied, "imagerie", "backup-restore-test")
    assert found.verdict is Verdict.FAIL
    assert str(long_ago) in found.detail


def test_restore_refuses_before_it_asks_a_machine(copied):
    wrong = (
        (("nobody", "--to", "/x"), "expected a host"),
        (("sauvegarde", "--to", "/x"), "has no backup_folders"),
        (("imagerie", "--to", "x"), "expected an absolute path"),
        (("imagerie", "--to", "/x", "--repository", "z"), "expected a repository"),
        (("imagerie", "--to", "/x"), "expected --yes"),
    )
    for words, said in wrong:
        assert said in copied.socle("restore", copied.folder, *words, code=2)


def test_without_passwords_nothing_is_changed_anywhere(copied):
    away = copied.folder / "away"
    (copied.folder / "secrets.yml").rename(away)
    try:
        refusals = copied.pyinfra("-y", code=1), copied.ansible("--limit", "imagerie", code=2)
        assert copied.changes(refusals[1]) == 0
        for refused in refusals:
            assert "refused before any change: no pass" in refused.lower()
            assert "socle backup passwords" in refused
    finally:
        away.rename(copied.folder / "secrets.yml")
