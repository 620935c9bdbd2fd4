"""Databases come back usable, also those that were written to while they were backed up."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.lab

CLIENT = "imagerie"
ORTHANC = "/srv/orthanc"
DUMPS = "/restored/var/lib/socle/backup/dumps"

INSTALL = """
export DEBIAN_FRONTEND=noninteractive
command -v psql > /dev/null && command -v mariadb > /dev/null && exit 0
get() { apt-get -qq install --no-install-recommends postgresql mariadb-server > /tmp/apt.log 2>&1; }
get || { apt-get -qq update > /tmp/apt.log 2>&1; get; } || { tail -5 /tmp/apt.log; exit 1; }
"""
FILL = """
set -e
systemctl start postgresql mariadb
as() { (cd / && runuser -u postgres -- "$@"); }
as psql -qc 'DROP DATABASE IF EXISTS dossiers'
as psql -qc 'DROP ROLE IF EXISTS secretariat'
as psql -qc "CREATE ROLE secretariat LOGIN PASSWORD 'mot-de-base'"
as createdb --owner secretariat dossiers
as psql -q dossiers -c 'CREATE TABLE acte AS SELECT g AS id, md5(g::text) AS code
    FROM generate_series(1, 5000) g' -c 'ALTER TABLE acte OWNER TO secretariat'
mariadb -e 'DROP DATABASE IF EXISTS agenda; CREATE DATABASE agenda; USE agenda;
    CREATE TABLE rendezvous (id INT PRIMARY KEY AUTO_INCREMENT, objet TEXT, piece BLOB);
    INSERT INTO rendezvous (objet, piece) SELECT CONCAT("été ", seq), UNHEX(SHA1(seq))
    FROM seq_1_to_3000'
"""
# As Orthanc keeps its studies: an index in SQLite's WAL mode, images beside it by their identifier.
WRITER = f"""
import hashlib, os, pathlib, sqlite3, time
root = pathlib.Path("{ORTHANC}")
root.mkdir(exist_ok=True)
index = sqlite3.connect(root / "index")
index.execute("PRAGMA journal_mode=WAL")
index.execute("CREATE TABLE IF NOT EXISTS AttachedFiles (uuid TEXT, md5 TEXT)")
while True:
    data = os.urandom(20000)
    name = hashlib.sha1(data).hexdigest()
    place = root / name[:2] / name[2:4]
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(data)
    with index:
        row = (name, hashlib.md5(data).hexdigest())
        index.execute("INSERT INTO AttachedFiles VALUES (?, ?)", row)
    time.sleep(0.005)
"""
JUDGE = f"""
import hashlib, pathlib, sqlite3
root = pathlib.Path("/restored{ORTHANC}")
index = sqlite3.connect("{DUMPS}/orthanc.sqlite")
assert index.execute("PRAGMA integrity_check").fetchone() == ("ok",)
rows = index.execute("SELECT uuid, md5 FROM AttachedFiles").fetchall()
for name, md5 in rows:
    data = (root / name[:2] / name[2:4] / name).read_bytes()
    assert hashlib.md5(data).hexdigest() == md5
assert not (root / "index").exists(), "the torn file is not in the snapshot"
print(len(rows))
"""
PROOF = """
as() { (cd / && runuser -u postgres -- "$@"); }
as psql -qAt dossiers -c 'SELECT count(*), md5(string_agg(code, $$,$$ ORDER BY id)) FROM acte'
as psql -qAt -c "SELECT rolname FROM pg_roles WHERE rolname = 'secretariat'"
mariadb -N agenda -e 'SELECT COUNT(*), MD5(GROUP_CONCAT(HEX(objet), HEX(piece) ORDER BY id))
    FROM rendezvous'
"""
DESTROY = """
as() { (cd / && runuser -u postgres -- "$@"); }
as dropdb dossiers && as dropuser secretariat && mariadb -e 'DROP DATABASE agenda'
"""
LOAD = f"""
set -e
as() {{ (cd / && runuser -u postgres -- "$@"); }}
as psql -q < {DUMPS}/dossiers.globals.sql > /dev/null 2>&1 || :  # some roles are there already
as createdb --owner secretariat dossiers
as pg_restore --dbname dossiers < {DUMPS}/dossiers.pgdump
mariadb < {DUMPS}/agenda.sql
"""


def test_databases_come_back_usable(practice):
    practice.on(CLIENT, INSTALL, timeout=900)
    practice.on(CLIENT, FILL)
    before = practice.on(CLIENT, PROOF)
    practice.put(CLIENT, "/root/writer.py", WRITER)
    practice.put(CLIENT, "/root/judge.py", JUDGE)
    databases = [
        {"name": "dossiers", "kind": "postgresql", "database": "dossiers"},
        {"name": "agenda", "kind": "mariadb", "database": "agenda"},
        {"name": "orthanc", "kind": "orthanc", "path": ORTHANC},
    ]
    practice.edited(CLIENT, folders=["/etc"], databases=databases)
    practice.on(CLIENT, f"rm -rf {ORTHANC}")
    writer = practice.background(CLIENT, "exec python3 /root/writer.py")
    try:
        practice.wait_for(CLIENT, f"test $(find {ORTHANC} -type f | wc -l) -gt 50")
        practice.backup(CLIENT, "run")
    finally:
        practice.on(CLIENT, f"kill {writer}")
    practice.on(CLIENT, "! test -e /var/lib/socle/backup/dumps", timeout=10)

    practice.on(CLIENT, DESTROY)
    for path in ("/var/lib/socle/backup/dumps", ORTHANC):
        practice.backup(CLIENT, f"restore --repository distant --path {path} --to /restored")
    practice.on(CLIENT, LOAD)
    assert practice.on(CLIENT, PROOF) == before
    assert int(practice.on(CLIENT, "python3 /root/judge.py")) > 50


def test_a_dump_that_fails_is_said(practice):
    practice.on(CLIENT, "mkdir -p /srv/images; echo no database > /srv/broken.db")
    databases = [
        {"name": "gone", "kind": "sqlite", "path": "/srv/gone.db"},
        {"name": "broken", "kind": "sqlite", "path": "/srv/broken.db"},
    ]
    practice.edited(CLIENT, databases=databases)
    said = practice.backup(CLIENT, "run", code=1)
    assert "database gone: the database file is missing" in said
    assert "database broken: SQLite: SQLITE_NOTADB" in said
    assert "serveur: ok" in said, "the folders are backed up all the same"
