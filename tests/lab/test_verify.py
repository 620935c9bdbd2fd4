"""Verify over real OpenSSH servers and real packet filters."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
from hostile import harmful

import socle.verify
from socle.lab import run
from socle.verify import State, Verdict
from socle.verify.connections import Connections
from socle.verify.run import exit_code
from socle.verify.vantage import Vantage

pytestmark = pytest.mark.lab

PROBES = Path(socle.verify.__file__).parent
SSHD = 22
UNUSED = 5900
PROMISES = ("firewall-default-deny", "listeners-allowlist", "egress-filtering")
"""Kept on every machine, container or not."""
NAMED = """
import pathlib, socket
pathlib.Path("/proc/self/comm").write_bytes(b"\\x1b[2Jevil")
with socket.create_server(("", 4242)) as server:
    server.accept()
"""


@pytest.fixture
def connections(hardened):
    opened = Connections(hardened.practice.hosts)
    yield opened
    opened.close()


def test_a_host_is_asked_over_one_connection(hardened):
    logins = "journalctl --no-pager -t sshd -t sshd-session | grep -c 'Accepted publickey'"
    before = int(hardened.read_on("accueil", logins))
    found = hardened.verdicts(limit=("accueil",), controls=PROMISES)
    assert int(hardened.read_on("accueil", logins)) == before + 1
    assert {outcome.verdict for outcome in found.values()} == {Verdict.PASS}


def test_a_machine_that_answers_with_another_key_is_not_believed(hardened):
    file = hardened.folder / "known_hosts"
    good = file.read_text()
    address = hardened.practice.hosts["accueil"].connection.address
    lines = [line.split() for line in good.splitlines()]
    another = next(key for names, _, key in lines if address not in names.split(","))
    file.write_text(
        "".join(
            f"{names} {kind} {another if address in names.split(',') else key}\n"
            for names, kind, key in lines
        )
    )
    try:
        found = hardened.verdicts(controls=PROMISES)
    finally:
        file.write_text(good)
    here = [outcome for (host, _), outcome in found.items() if host == "accueil"]
    assert {(o.verdict, o.unreachable) for o in here} == {(Verdict.UNKNOWN, True)}
    assert here[0].detail.startswith(f"host key of accueil ({address}) is not the one in")
    others = Counter(outcome.verdict for (host, _), outcome in found.items() if host != "accueil")
    assert set(others) == {Verdict.PASS}
    assert exit_code(found.values()) == 4


def test_a_stranger_sees_silence_by_either_probe(hardened):
    address = hardened.practice.hosts["imagerie"].addresses[0]
    words = f"0.7 {address} {SSHD} {address} {UNUSED}"
    python = run(hardened.lab, "visiteur", f"python3 - {words}", stdin=_text("probe.py"))
    bash = run(hardened.lab, "visiteur", f"bash -s -- {words}", stdin=_text("probe.sh"))
    lines = {f"{address} {port} silent" for port in (SSHD, UNUSED)}
    assert set(python.stdout.splitlines()) == set(bash.stdout.splitlines()) == lines


def test_a_host_looks_within_its_own_outbound_rules(hardened, connections):
    """What its own flows let out arrives; the rest is refused at home and proves nothing."""
    hosts = hardened.practice.hosts
    imaging = hosts["imagerie"]
    vantage = Vantage("accueil", imaging, connections.link("accueil"))
    viewer, unused = ((imaging.addresses[0], port) for port in (8443, UNUSED))
    states = vantage.tcp([viewer, unused])
    assert states[viewer] in {State.OPEN, State.REFUSED}
    assert states[unused] is State.REFUSED  # by accueil's own rules: imagerie would be silent
    assert vantage.settings.firewall_outbound


def test_the_operators_computer_sees_sshd(hardened):
    imaging = hardened.practice.hosts["imagerie"]
    wanted = [(address, port) for address in imaging.addresses for port in (SSHD, UNUSED)]
    states = Vantage("the operator's computer", imaging).tcp(wanted)
    assert [states[a, SSHD] for a in imaging.addresses] == [State.OPEN] * len(imaging.addresses)
    assert {states[a, UNUSED] for a in imaging.addresses} == {State.SILENT}


def test_a_machines_words_give_the_terminal_no_order(hardened, tmp_path):
    """A program names itself so that it clears the screen; a managed file does the same."""
    page, file = tmp_path / "report.html", "/etc/socle/screen-lock.json"
    hardened.root_on("accueil", f"cp -a {file} /root/kept && printf '\\033[2J' >>{file}")
    hardened.root_on("accueil", f"systemd-run --quiet --unit=named python3 -c {shlex.quote(NAMED)}")
    try:
        planned = hardened.pyinfra("--dry", "--diff", "--limit", "accueil")
        asked = ("--limit=accueil", "--control=listeners-allowlist", "--no-keep")
        said = hardened.socle("verify", hardened.folder, *asked, f"--html={page}", code=1)
    finally:
        hardened.root_on("accueil", f"systemctl stop named; mv /root/kept {file}")
    assert "\\x1b[2J" in planned
    assert "\\x1b[2Jevil" in said
    assert not harmful(re.sub(r"\x1b\[(?:[01]|[39][0-7])m", "", planned))
    assert not harmful(said)
    assert "\\x1b[2Jevil" in page.read_text()
    assert not harmful(page.read_text())


def _text(name: str) -> str:
    return (PROBES / name).read_text()
