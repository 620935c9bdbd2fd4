"""An administrator whose sudo wants a password: it works, and nobody else gets to see it."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from socle.baseline.vault import decrypt
from socle.lab import run

pytestmark = pytest.mark.lab
HOST = "accueil"
SUDOERS = "/etc/sudoers.d/lab-administrator"
STATE = "nft -s list table inet socle; sha256sum /etc/socle/*"

# Runs in the machine. Reads what every process shows, until told to end; then what it has found.
WATCH = """
import json, os, time
secret = open("/root/secret", "rb").read()
rounds, found = 0, []
open("/run/watching", "w")
while os.path.exists("/run/watching"):
    rounds += 1
    time.sleep(0.01)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for name in ("cmdline", "environ"):
            try:
                text = open(f"/proc/{pid}/{name}", "rb").read()
            except OSError:
                continue
            if secret in text:
                found.append(text.replace(secret, b"SECRET").decode(errors="replace"))
json.dump([rounds, found], open("/run/watched.new", "w"))
os.rename("/run/watched.new", "/run/watched")
"""


@pytest.fixture(scope="module")
def password() -> str:
    return f"socle {secrets.token_hex(8)}"


def on(cabinet, command: str, stdin: str) -> str:
    """Like root_on, with what must not stand in a command line."""
    done = run(cabinet.lab, HOST, command, stdin=stdin)
    assert done.returncode == 0, done
    return done.stdout


@pytest.fixture(scope="module")
def guarded(cabinet, password):
    """The hardened practice; on one host, sudo wants the administrator's password."""
    cabinet.harden()
    vault = cabinet.folder / "secrets.yml"
    closed = vault.read_bytes()
    cabinet.secrets = yaml.safe_load(decrypt(vault))
    user = cabinet.practice.hosts[HOST].connection.user
    on(cabinet, "chpasswd", f"{user}:{password}\n")
    on(cabinet, "cat >/root/secret", password)
    cabinet.root_on(HOST, f"cp -a {SUDOERS} /root/sudoers && sed -i 's/NOPASSWD: //' {SUDOERS}")
    cabinet.root_on(HOST, f"visudo -cf {SUDOERS} && ! grep NOPASSWD {SUDOERS}")
    yield cabinet
    vault.write_bytes(closed)
    cabinet.root_on(HOST, f"mv /root/sudoers {SUDOERS}; rm /root/secret; usermod -p '!' {user}")
    assert cabinet.changes(cabinet.pyinfra("-y", "--limit", HOST)) == 0


@pytest.fixture
def vault(guarded, tmp_path):
    """``vault(PASSWORD)`` writes the practice's secrets.yml; the environment that opens it."""

    def write(password: str) -> dict[str, str]:
        key, file = tmp_path / "vault-password", guarded.folder / "secrets.yml"
        key.touch(mode=0o600)
        key.write_text("opens the vault\n")
        known = dict(guarded.secrets)
        known[HOST] = {**known.get(HOST, {}), "ansible_become_password": password}
        file.write_text(yaml.safe_dump(known))
        environment = {"ANSIBLE_VAULT_PASSWORD_FILE": str(key)}
        subprocess.run(
            [Path(sys.executable).parent / "ansible-vault", "encrypt", file],
            env=environment,
            check=True,
            capture_output=True,
        )
        assert file.read_text().startswith("$ANSIBLE_VAULT;")
        return environment

    return write


@pytest.fixture
def watched(guarded):
    """Who shows the password in the machine's process list while the test runs."""
    on(guarded, "cat >/run/watch.py", WATCH)
    guarded.root_on(HOST, "systemd-run --quiet --unit=watch python3 /run/watch.py")
    guarded.root_on(HOST, "until test -e /run/watching; do sleep 0.02; done")

    def ended() -> tuple[int, list[str]]:
        on(guarded, 'read -r secret; sh -c "sleep 0.5; : bait $secret"', guarded_password(guarded))
        guarded.root_on(HOST, "rm /run/watching; until test -e /run/watched; do sleep 0.02; done")
        rounds, found = json.loads(guarded.root_on(HOST, "cat /run/watched"))
        return rounds, found

    yield ended
    guarded.root_on(HOST, "systemctl stop watch; rm -f /run/watch*")


def guarded_password(cabinet) -> str:
    return cabinet.root_on(HOST, "cat /root/secret") + "\n"


def test_both_engines_and_the_checks_get_in_and_nobody_sees_the_password(
    guarded, vault, watched, password
):
    environment = vault(password)
    state = guarded.root_on(HOST, STATE)

    guarded.root_on(HOST, "rm /etc/socle/canary.nft && nft delete table inet socle")
    outputs = [guarded.pyinfra("-y", "-vvv", "--debug", "--limit", HOST, **environment)]
    assert guarded.root_on(HOST, STATE) == state
    outputs.append(guarded.ansible("-vvv", "--limit", HOST, "--tags", "firewall", **environment))
    promises = ("--control", "firewall-default-deny", "--control", "updates-fresh")
    command = ("socle", "verify", guarded.folder, "--limit", HOST, "-v", *promises)
    outputs.append(guarded._run(0, *command, **environment))
    outputs.append(guarded.pyinfra("--debug-operations", "--dry", "--limit", HOST, **environment))

    rounds, found = watched()
    assert rounds > 50
    assert found, "the bait was not seen"
    assert [text for text in found if "bait" not in text] == []
    for output in outputs:
        assert password not in output
        assert "Traceback" not in output
    assert guarded.root_on(HOST, "journalctl --no-pager | grep -cFf /root/secret || :") == "0\n"


def test_without_the_vaults_password(guarded, vault, password, monkeypatch):
    vault(password)
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    beside = guarded.folder / "vault-password"
    away = beside.rename(beside.with_suffix(".away"))
    try:
        outputs = [
            guarded.pyinfra("-y", "--limit", HOST, code=2),
            guarded.ansible("--limit", HOST, code=1),
            guarded._run(2, "socle", "verify", guarded.folder),
        ]
    finally:
        away.rename(beside)
    for output in outputs:
        assert output.count("secrets.yml:0: vault: expected ANSIBLE_VAULT_PASSWORD_FILE to") == 1
        assert "Traceback" not in output


def test_with_a_wrong_password_for_sudo(guarded, vault, password):
    environment = vault("not the one")
    before = guarded.root_on(HOST, STATE)
    applied = guarded.pyinfra("-y", "--limit", HOST, code=1, **environment)
    judged = guarded._run(4, "socle", "verify", guarded.folder, "--limit", HOST, **environment)
    by_ansible = guarded.ansible("--limit", HOST, code=2, **environment)
    refused = "sudo refuses adm-socle: 1 incorrect password attempt"
    assert f"the host cannot be examined: {refused}" in applied
    assert f"cannot be asked: {refused}" in judged
    assert "Incorrect sudo password" in by_ansible
    for output in (applied, judged, by_ansible):
        assert "Traceback" not in output
        assert "not the one" not in output
    assert guarded.root_on(HOST, STATE) == before
