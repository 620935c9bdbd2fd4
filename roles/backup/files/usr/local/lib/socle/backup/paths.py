"""Where things are on the host."""

from pathlib import Path

CONFIG = Path("/etc/socle/backup.json")
SECRETS = Path("/etc/socle/backup-secrets.json")
KEY = Path("/etc/socle/backup_ed25519")
KNOWN_HOSTS = Path("/etc/socle/backup_known_hosts")
HOST_KEY = Path("/etc/ssh/ssh_host_ed25519_key")

STATE = Path("/var/lib/socle/backup")
RUNS = STATE / "runs.json"
SAMPLE = STATE / "sample.json"
CHECKS = STATE / "checks.json"
PRUNES = STATE / "prunes.json"
MANIFEST = STATE / "manifest.json"
CANARY = STATE / "canary"
CANARIES = STATE / "canaries.json"
CONTENTS = STATE / "contents.json"
DUMPS = STATE / "dumps"
OFFLINE = STATE / "offline"
SCRATCH = STATE / "restore-test"
EVIDENCE = Path("/var/lib/socle/evidence/restore-tests")
CACHE = Path("/var/cache/socle/restic")
RUNTIME = Path("/run/socle-backup")
