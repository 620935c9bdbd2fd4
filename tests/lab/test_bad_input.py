"""Whatever is wrong: one clear error, nothing lost on the host, and the next run works."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.lab
HOST = "accueil"
TWO = ("--limit", HOST, "--limit", "medecin")
STATE = "nft -s list table inet socle; sha256sum /etc/socle/*; ls -lA /etc/socle"
SUDOERS = "/etc/sudoers.d/lab-administrator"
LOCK = "/var/lib/dpkg/lock-frontend"
HOLD_LOCK = (
    f'import fcntl, time; file = open("{LOCK}", "w"); fcntl.lockf(file, fcntl.LOCK_EX); '
    'open("/run/held", "w"); time.sleep(600)'
)
LET_GO = "until pgrep -x apt-get; do sleep 0.01; done; sleep 1; systemctl stop holder"
FORBIDDEN = """set -e; d=$(mktemp -d); mkdir "$d/DEBIAN"
cat >"$d/DEBIAN/control" <<'CONTROL'
Package: tftpd-hpa
Version: 1
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: only its name
CONTROL
dpkg-deb --build "$d" "$d.deb" && dpkg --install "$d.deb"; rm -r "$d" "$d.deb"
"""
SESSIONS = "journalctl --no-pager -t sshd -t sshd-session | grep -c 'Connection from\\|Accepted'"


@pytest.fixture(scope="module")
def applied(cabinet):
    """The practice; after all that was wrong a plain apply succeeds."""
    cabinet.harden()
    yield cabinet
    cabinet.pyinfra("-y", "--limit", HOST)


@pytest.fixture
def safe(applied):
    """The practice; after the test the host is what it was."""
    log = applied.root / "pyinfra-debug.log"
    log.unlink(missing_ok=True)
    before = applied.root_on(HOST, STATE)
    yield applied
    assert applied.root_on(HOST, STATE) == before
    assert not log.exists()


@pytest.fixture
def fresh():
    """Ansible without the connections that ssh still has open: a socket's path must be short."""
    with tempfile.TemporaryDirectory(prefix="cp-", dir="/tmp") as folder:
        yield {"ANSIBLE_SSH_CONTROL_PATH_DIR": folder}


def clear(output: str, *sentences: str, times: int = 1) -> None:
    """Every sentence was said so many times; nobody was shown a traceback or asked anything."""
    said = " ".join(output.split())
    for sentence in sentences:
        assert said.count(sentence) == times, output
    assert "Traceback" not in output
    assert "password:" not in output


def verify(cabinet, *args: str, code: int) -> str:
    return cabinet._run(code, "socle", "verify", cabinet.folder, *args)


def unreachable(output: str, host: str) -> None:
    """Ansible's way to say it."""
    clear(output, f"fatal: [{host}]: UNREACHABLE!")


# --- connections ---------------------------------------------------------------------------


def test_nobody_answers_at_an_address(safe, fresh):
    """The others are applied all the same; here they had lost their rules."""
    safe.root_on(HOST, "nft delete table inet socle")
    with safe.edited(
        "hosts.yml",
        f"ansible_host: 10.77.{safe.network}.22",
        f"ansible_host: 10.77.{safe.network}.77",
    ):
        clear(
            safe.pyinfra("-y", *TWO, code=1),
            "[medecin] Could not connect (",
            f"Unable to connect to port 22 on 10.77.{safe.network}.77)",
            "Failed: medecin. The reason stands above",
        )
        clear(safe.pyinfra("--dry", *TWO, code=1), "Failed: medecin.")
        clear(
            verify(safe, "--limit", "medecin", code=4),
            f"medecin (10.77.{safe.network}.77) cannot be asked:",
        )
        unreachable(safe.ansible("--limit", "medecin", code=4, **fresh), "medecin")


def test_another_machine_answers_at_the_address(safe, fresh):
    keys = {
        line.split()[0].split(",")[0]: line.split()[2]
        for line in (safe.folder / "known_hosts").read_text().splitlines()
    }
    with safe.edited("known_hosts", keys[HOST], keys["medecin"]):
        clear(
            safe.pyinfra("-y", "--limit", HOST, code=1),
            f"[accueil] SSH host key error (Host key for 10.77.{safe.network}.21 does not match.)",
        )
        clear(
            verify(safe, "--limit", HOST, code=4),
            f"host key of accueil (10.77.{safe.network}.21) is not the",
        )
        output = safe.ansible("--limit", HOST, code=4, **fresh)
        unreachable(output, HOST)
        assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in output


def test_another_machine_has_a_known_name(safe, fresh):
    """As after a new installation: it is left out until somebody says that it is the one."""
    words = ("machine", "accept", safe.folder, HOST, "--yes")
    ours = safe.root_on(HOST, "cat /etc/machine-id")
    safe.root_on(HOST, "systemd-id128 new >/etc/machine-id")
    safe.root_on("medecin", "nft delete table inet socle")
    stranger = "accueil is another machine than the one in"
    try:
        applied = safe.pyinfra("-y", *TWO, code=1)
        clear(
            applied,
            f"[accueil] {stranger}",
            f"socle machine accept {safe.folder.relative_to(safe.root)} accueil",
        )
        clear(applied, "Failed: accueil.")
        assert "table inet socle" in safe.root_on("medecin", "nft list tables")
        clear(safe.pyinfra("--dry", "--limit", HOST, code=1), f"[accueil] {stranger}")
        clear(verify(safe, "--limit", HOST, code=4), stranger)
        output = safe.ansible("--limit", HOST, "--check", code=4, **fresh)
        unreachable(output, HOST)
        assert stranger in output
        assert "host keys: SHA256:" in safe.socle(*words)
        assert safe.changes(safe.ansible("--limit", HOST, "--tags", "firewall", **fresh)) == 0
    finally:
        safe.root_on(HOST, f"echo {ours.strip()} >/etc/machine-id")
    safe.socle(*words)


def test_one_machine_has_two_names(safe, fresh):
    second = f"10.77.{safe.network}.78"
    safe.root_on(HOST, f"ip address add {second}/24 dev host0")
    known = "medecin is the machine that is known as accueil"
    try:
        with (
            safe.edited(
                "hosts.yml", f"ansible_host: 10.77.{safe.network}.22", f"ansible_host: {second}"
            ),
            safe.edited("known_hosts", "accueil,", f"{second},accueil,"),
        ):
            clear(safe.pyinfra("-y", "--limit", "medecin", code=1), f"[medecin] {known}")
            clear(verify(safe, "--limit", "medecin", code=4), known)
            output = safe.ansible("--limit", "medecin", code=4, **fresh)
            unreachable(output, "medecin")
            assert known in output
    finally:
        safe.root_on(HOST, f"ip address del {second}/24 dev host0")


def test_a_private_key_that_is_not_there(safe, fresh):
    with safe.edited("hosts.yml", "id_ed25519", "id_absent"):
        output = safe.pyinfra("-y", code=1)
        clear(output, "Failed: accueil, hebergeur, imagerie, medecin, sauvegarde.")
        clear(output, "No such private key file:", times=5)
        clear(
            verify(safe, "--limit", HOST, code=4),
            f"accueil (10.77.{safe.network}.21) cannot be asked: its k",
        )
        output = safe.ansible("--limit", HOST, code=4, **fresh)
        unreachable(output, HOST)
        assert "id_absent: No such file or directory" in output


def test_a_private_key_that_nobody_knows(safe, fresh, tmp_path):
    """On Debian 12: the sshd of Debian 13 goes on refusing an address that failed too often."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with safe.edited("hosts.yml", f"{safe.folder}-machines/id_ed25519", str(key)):
        clear(
            safe.pyinfra("-y", "--limit", "imagerie", code=1),
            f"[imagerie] Authentication error (username=adm-socle, key={key})",
        )
        clear(
            verify(safe, "--limit", "imagerie", code=4),
            f"imagerie (10.77.{safe.network}.10) cannot be asked: it refuses adm-socle "
            f"with key {key}",
        )
        output = safe.ansible("--limit", "imagerie", code=4, **fresh)
        unreachable(output, "imagerie")
        assert "Permission denied (publickey" in output


def test_an_account_that_sudo_does_not_know(safe):
    """That host is left out; the others are applied."""
    safe.root_on("medecin", "nft delete table inet socle")
    safe.root_on(HOST, f"mv {SUDOERS} /root/sudoers")
    try:
        applied = safe.pyinfra("-y", *TWO, code=1)
        alone = safe.pyinfra("-y", "--limit", HOST, code=1)
        judged = verify(safe, "--limit", HOST, code=4)
    finally:
        safe.root_on(HOST, f"mv /root/sudoers {SUDOERS}")
    reason = "sudo refuses adm-socle: a password is required"
    for output in (applied, alone):
        clear(output, f"[accueil] the host cannot be examined: {reason}", "Failed: accueil.")
    assert "table inet socle" in safe.root_on("medecin", "nft list tables")
    clear(judged, f"accueil (10.77.{safe.network}.21) cannot be asked: {reason}")


# --- the host ------------------------------------------------------------------------------


@contextmanager
def full_disk(cabinet):
    """Not a byte is left where the rules are kept, to which somebody has added a line."""
    cabinet.root_on(
        HOST,
        "cp -a /etc/socle /root/kept && mount -t tmpfs -o size=64k,mode=755 tmpfs /etc/socle && "
        "cp -a /root/kept/. /etc/socle && echo '# by hand' >>/etc/socle/firewall.nft && "
        "! cat /dev/zero >/etc/socle/filler 2>/dev/null",
    )
    try:
        yield
    finally:
        cabinet.root_on(HOST, "umount /etc/socle && rm -r /root/kept")


def test_a_full_disk(safe):
    """The old file stays, also where the host then goes back to the state before the run."""
    with full_disk(safe):
        before = safe.root_on(HOST, STATE)
        with safe.edited("group_vars/all.yml", "---\n", "---\nfirewall_guard_seconds: 5\n"):
            output = safe.pyinfra("-y", "--limit", HOST, code=1)
        assert safe.root_on(HOST, STATE) == before
        safe.root_on(HOST, "while test -e /var/lib/socle/guard-restore; do sleep 0.1; done")
        assert safe.root_on(HOST, STATE) == before
    clear(output, "[accueil] cannot write /etc/socle/firewall.nft: ", "No space left on device")
    safe.pyinfra("-y", "--limit", HOST)


def test_another_program_holds_the_lock_of_apt(safe, fresh):
    safe.root_on(HOST, FORBIDDEN)
    safe.root_on(HOST, f"systemd-run --quiet --unit=holder python3 -c '{HOLD_LOCK}'")
    holder = safe.root_on(
        HOST,
        "until test -e /run/held; do sleep 0.05; done; systemctl show -P MainPID holder",
    ).strip()
    output = safe.pyinfra("-y", "--limit", HOST, code=1, SOCLE_APT_LOCK_SECONDS="3")
    firewall = ("--limit", HOST, "--tags", "firewall")
    said = safe.ansible(*firewall, code=2, SOCLE_APT_LOCK_SECONDS="3", **fresh)
    held = f"Could not get lock {LOCK}. It is held by process {holder} (python3)"
    clear(output, f"[accueil] cannot remove tftpd-hpa: {held}")
    assert held in said
    assert "tftpd-hpa" in safe.root_on(HOST, "dpkg-query -W")
    safe.root_on(HOST, f"systemd-run --quiet sh -c '{LET_GO}'")
    safe.ansible(*firewall, SOCLE_APT_LOCK_SECONDS="60", **fresh)
    assert "tftpd-hpa" not in safe.root_on(HOST, "rm /run/held; dpkg-query -W")


FULL = ("/var/lib/apt", "/var/lib/socle", "/var/log")


def test_a_full_var(safe, fresh):
    """Before the first change, in one sentence; the next run goes on as if nothing had been."""
    fill = "; ".join(
        f"mount -t tmpfs -o size=64k tmpfs {place}; ! cat /dev/zero >{place}/filler 2>/dev/null"
        for place in FULL
    )
    safe.root_on(HOST, f"nft delete table inet socle_canary; {fill}")
    try:
        outputs = [safe.pyinfra(how, "--limit", HOST, code=1) for how in ("-y", "--dry")]
        said = safe.ansible("--limit", HOST, code=2, **fresh)
        assert "inet socle_canary" not in safe.root_on(HOST, "nft list tables")
    finally:
        safe.root_on(HOST, "umount -l " + " ".join(FULL))
    sentence = f"{', '.join(FULL)}: less than 16 MiB or 100 files are left"
    for output in outputs:
        clear(output, sentence)
    clear(said, sentence, times=2)  # Ansible repeats what its last task said
    safe.pyinfra("-y", "--limit", HOST)
    assert "inet socle_canary" in safe.root_on(HOST, "nft list tables")


def test_rules_that_nft_refuses(safe, tmp_path):
    fragile = safe.elsewhere(tmp_path)
    template = tmp_path / "roles/firewall/templates/etc/socle/firewall.nft.j2"
    text = template.read_text()
    assert "ct state invalid drop" in text
    template.write_text(text.replace("ct state invalid drop", "ct state nonsense drop"))
    output = fragile.pyinfra("-y", "--limit", HOST, code=1)
    clear(output, "[accueil] cannot write /etc/socle/firewall.nft:", "Could not parse conntrack")
    assert "Failed: accueil." in output


# --- the practice --------------------------------------------------------------------------

MISTAKES = {
    "malformed": ("firewall_flows:\n", "firewall_flows: [\n", "expected valid YAML"),
    "unknown key": ("---\n", "---\nfirewall_typo: 3\n", ":2: firewall_typo: expected a known"),
    "weaker": (
        "---\n",
        "---\nfirewall_forbidden_packages: [rpcbind]\n",
        "To be weaker, write this in waivers.yml:",
    ),
}


@pytest.mark.parametrize(("old", "new", "sentence"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_in_the_practice_is_told_before_any_connection(
    applied, fresh, old, new, sentence
):
    sessions = applied.root_on(HOST, SESSIONS)
    with applied.edited("group_vars/all.yml", old, new):
        outputs = [
            applied.pyinfra("-y", code=2),
            applied.ansible(code=1, **fresh),
            verify(applied, code=2),
        ]
    for output in outputs:
        clear(output, sentence)
        assert "group_vars/all.yml:" in output
    assert "Connecting to hosts" not in outputs[0]
    assert "PLAY" not in outputs[1]
    assert applied.root_on(HOST, SESSIONS) == sessions
    assert not (applied.root / "pyinfra-debug.log").exists()


def test_a_system_that_nobody_knows(safe, fresh):
    """Left out before the first change; nothing of it is judged."""
    said = "its system is ubuntu: Socle knows debian alone"
    release = "/usr/lib/os-release"
    safe.root_on(HOST, f"cp -p {release} /root/ && sed -i 's/^ID=.*/ID=ubuntu/' {release}")
    try:
        clear(safe.pyinfra("-y", "--limit", HOST, code=1), f"[{HOST}] {said}", "Failed: accueil.")
        clear(verify(safe, "--limit", HOST, code=4), f"cannot be asked: {said}")
        output = safe.ansible("--limit", HOST, code=2, **fresh)
        clear(output, f"Refused before any change: {said}", times=2)  # Ansible says it twice
        assert safe.changes(output) == 0
    finally:
        safe.root_on(HOST, f"mv /root/os-release {release}")
