"""A running Orthanc holds its index: it is copied all the same, and comes back usable."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.lab

CLIENT = "imagerie"
FOLDER = "/var/lib/orthanc/db-v6"
DUMP = "/restored/var/lib/socle/backup/dumps/images.sqlite"
INSTALL = """
export DEBIAN_FRONTEND=noninteractive
get() { apt-get -qq install --no-install-recommends curl orthanc > /tmp/apt.log 2>&1; }
get || { apt-get -qq update > /tmp/apt.log 2>&1; get; } || { tail -5 /tmp/apt.log; exit 1; }
cat > /etc/orthanc/orthanc.json <<END
{"StorageDirectory": "/var/lib/orthanc/db-v6", "IndexDirectory": "/var/lib/orthanc/db-v6",
 "AuthenticationEnabled": false}
END
systemctl restart orthanc
"""
ANSWERS = "curl -fsS -o /dev/null http://localhost:8042/system"
STORE = r"""
i=0
while sleep 0.05; do
    i=$((i + 1))
    tags="{\"PatientName\": \"Fictif^$i\", \"Modality\": \"OT\"}"
    curl -fsS -o /dev/null -d "{\"Tags\": $tags}" http://localhost:8042/tools/create-dicom || :
done
"""
BACK = f"""
set -e
systemctl stop orthanc
rm -r {FOLDER}
mv /restored{FOLDER} {FOLDER}
install -o orthanc -g orthanc -m 600 {DUMP} {FOLDER}/index
systemctl start orthanc
"""
READ = """
set -e
curl -fsS http://localhost:8042/instances | tr -d '[]", ' | grep . >/tmp/instances
while read -r one; do curl -fsS -o /dev/null "http://localhost:8042/instances/$one/file"; done \
    </tmp/instances
wc -l </tmp/instances
"""
PAUSE_AND_DIE = """
import os, pathlib, sys
sys.path.insert(0, "/usr/local/lib/socle")
from backup import paused
paused.LONGEST = 5
process = paused.holder(pathlib.Path("/var/lib/orthanc/db-v6/index"))
with paused.paused(process):
    os._exit(9)
"""
STATE = "ps -o state= -p $(systemctl show --property MainPID --value orthanc)"


@pytest.fixture(scope="module")
def stored(booted):
    """A machine with an Orthanc."""
    booted.on(CLIENT, INSTALL, timeout=600)
    booted.wait_for(CLIENT, ANSWERS)
    yield booted
    booted.on(CLIENT, "systemctl disable --now orthanc")


def test_a_running_orthanc_comes_back_with_every_image(practice, stored):
    images = {"name": "images", "kind": "orthanc", "path": FOLDER}
    practice.edited(CLIENT, folders=["/etc"], databases=[images])
    sender = practice.background(CLIENT, STORE)
    try:
        practice.wait_for(CLIENT, f"test $(find {FOLDER} -type f | wc -l) -gt 50")
        known = int(practice.on(CLIENT, "curl -fsS localhost:8042/instances | grep -c '\"'"))
        practice.backup(CLIENT, "run")
        assert practice.on(CLIENT, STATE).strip() in ("S", "R"), "it goes on"
    finally:
        practice.on(CLIENT, f"kill -- -{sender}")
    practice.backup(CLIENT, "restore-test")
    for path in ("/var/lib/socle/backup/dumps", FOLDER):
        practice.backup(CLIENT, f"restore --repository distant --path {path} --to /restored")
    practice.on(CLIENT, BACK)
    practice.wait_for(CLIENT, ANSWERS)
    assert int(practice.on(CLIENT, READ)) >= known


def test_a_backup_that_is_killed_leaves_no_program_standing_still(practice, stored):
    practice.put(CLIENT, "/root/die.py", PAUSE_AND_DIE)
    killed = "python3 /root/die.py; echo code $?"
    said = practice.on(CLIENT, f"{killed}; {killed}; {STATE}")  # the second one takes over
    assert said.split() == ["code", "9", "code", "9", "T"]
    practice.wait_for(CLIENT, f"{STATE} | grep -v T", seconds=20)
    practice.wait_for(CLIENT, ANSWERS)
