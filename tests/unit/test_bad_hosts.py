"""One bad host never stops the others: a real SSH server a host, and what it answers is strange."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import paramiko
import pytest
from servers import Server

from socle import bounds
from socle.baseline.model import Connection, Host
from socle.verify import links
from socle.verify.batch import ask_all
from socle.verify.checks import Unknown, Unreachable
from socle.verify.connections import Connections
from socle.verify.memory import Remembered
from socle.verify.questions import Question

CHECKOUT = Path(__file__).parents[2]
PYINFRA = Path(sys.executable).parent / "pyinfra"
SHELL = 'exec /bin/sh -c "$1"'
BANNER = 'echo Bienvenue; echo "Ärger" >&2; printf \'no end\'; exec /bin/sh -c "$1"'


@pytest.fixture
def start(tmp_path, keys):
    """``start("medecin", shell="yes")``: a server whose login shell is that script."""
    started = []

    def new(name, shell=None, host_key=None, prepare=lambda transport: None, **programs):
        folder = tmp_path / f"bin-{name}"
        folder.mkdir()
        server = Server(
            folder,
            host_key or paramiko.Ed25519Key.from_private_key_file(str(keys / "host")),
            paramiko.Ed25519Key.from_private_key_file(str(keys / "user")),
            prepare,
        )
        for program, script in programs.items():
            (folder / program).write_text(f"#!/bin/sh\n{script}\n")
            (folder / program).chmod(0o755)
        if shell is not None:
            server.shell = ("/bin/sh", "-c", shell, "login")
        known = tmp_path / "known_hosts"
        line = f"[127.0.0.1]:{server.port} {server.host_key.get_name()} "
        with known.open("a") as file:
            file.write(f"{line}{server.host_key.get_base64()}\n")
        started.append(server)
        return server

    yield new
    for server in started:
        server.stop()


@pytest.fixture
def connect(tmp_path, keys):
    """``connect(medecin=SERVER)``: the links of a verification."""
    opened = []

    def to(*, login="user", **servers):
        hosts = {
            name: Host(
                name,
                ("all",),
                ("127.0.0.1",),
                Connection(
                    "ssh",
                    "127.0.0.1",
                    port=server.port,
                    user="adm-socle",
                    key_file=keys / login,
                    known_hosts_file=tmp_path / "known_hosts",
                ),
            )
            for name, server in servers.items()
        }
        opened.append(Connections(hosts))
        return opened[-1]

    yield to
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("shell", "reason"),
    [
        ("echo Main menu; echo 1. Reboot", "it does not run what it is asked, but answers: Main"),
        ("head -c 3000000 /dev/zero", "its answer is larger than 1 MiB"),
        ("yes >&2", "its answer is larger than 1 MiB"),
        ("sleep 20", "no answer within 0.5 s of its first command"),
        ("while :; do echo; sleep 0.1; done", "no answer within 0.5 s of its first command"),
        ("echo no shell >&2; exit 1", "no shell"),
        ("exit 0", "it does not run what it is asked, but answers: nothing"),
    ],
)
def test_a_strange_first_answer_makes_that_host_unknown(start, connect, monkeypatch, shell, reason):
    monkeypatch.setattr(bounds, "LARGEST", 1 << 20)
    if "no answer" in reason:
        monkeypatch.setattr(links, "TIME_LIMIT", 0.5)
        monkeypatch.setattr(links, "GRACE", 0.5)
    connections = connect(accueil=start("accueil"), medecin=start("medecin", shell))
    connections.begin({"medecin": ["any"]})
    monkeypatch.undo()
    connections.begin({"accueil": ["any"]})
    assert connections.link("accueil").run("echo well").stdout == b"well\n"
    with pytest.raises(Unreachable) as caught:
        connections.link("medecin").run("echo well")
    assert str(caught.value).startswith(f"medecin (127.0.0.1) cannot be asked: {reason}")
    assert str(caught.value).count("\n") == 0


def test_what_the_login_shell_says_is_no_part_of_an_answer(start, connect):
    link = connect(medecin=start("medecin", BANNER)).link("medecin")
    answer = link.run("echo out; echo err >&2; exit 3")
    assert (answer.code, answer.stdout, answer.stderr) == (3, b"out\n", b"err\n")
    assert link.script("echo $((1 + 1))").stdout == b"2\n"
    told = []
    assert link.follow("echo one; echo two >&2; exit 4", told.append, 10) == 4
    assert told == ["one", "two"]
    question = Question("medecin", "command", "echo together")
    found = ask_all(link, [Remembered(question, 0.1, frozenset())])
    assert found[question].answer.stdout == b"together\n"


def test_an_enormous_answer_is_unknown_and_costs_no_other(start, connect, monkeypatch):
    monkeypatch.setattr(bounds, "LARGEST", 1 << 20)
    link = connect(medecin=start("medecin")).link("medecin")
    with pytest.raises(Unknown, match=r"^its answer is larger than 1 MiB: yes$"):
        link.run("yes")
    with pytest.raises(Unknown, match="larger than 1 MiB"):
        link.feed("yes", b"", 10)
    with pytest.raises(Unknown, match="larger than 1 MiB"):
        link.follow("yes", lambda line: None, 10)
    assert link.run("echo well").stdout == b"well\n"


def test_a_bomb_in_the_first_batch_is_no_answer(start, connect, monkeypatch):
    monkeypatch.setattr(bounds, "LARGEST", 1 << 20)
    monkeypatch.setattr(links, "ENVIRONMENT", ("env",))  # its own tar comes first
    pack = 'head -c 3000000 /dev/zero >0.out; exec /bin/tar "$@"'
    tar = f'case $1 in -xzf) exec /bin/tar "$@";; esac; {pack}'
    link = connect(medecin=start("medecin", tar=tar)).link("medecin")
    question = Question("medecin", "command", "echo together")
    assert ask_all(link, [Remembered(question, 0.1, frozenset())]) == {}
    assert link.executions == 2


def test_a_host_that_keeps_no_limit_is_given_up(start, connect, monkeypatch):
    monkeypatch.setattr(bounds, "LARGEST", 1 << 20)
    link = connect(medecin=start("medecin")).link("medecin")
    for _ in range(links.STRIKES):
        with pytest.raises(Unknown):
            link.run("yes")
    with pytest.raises(Unreachable, match="5 times its answer was too large, or not there in time"):
        link.run("echo well")


def test_a_host_whose_every_answer_is_late_but_in_time_is_given_up(start, connect, monkeypatch):
    monkeypatch.setattr(links, "LONGEST", 3.0)
    connections = connect(accueil=start("accueil"), medecin=start("medecin", f"sleep 0.8; {SHELL}"))
    link = connections.link("medecin")
    answers = []
    began = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        answers.extend(link.run("echo well") for _ in range(20))
    assert time.monotonic() - began < 6
    assert "its answers take longer than 0.05 minutes together" in str(caught.value)
    assert connections.link("accueil").run("echo well").stdout == b"well\n"


def test_a_batch_and_a_silent_answer_count_too(start, connect, monkeypatch):
    monkeypatch.setattr(links, "LONGEST", 3.0)
    link = connect(medecin=start("medecin")).link("medecin")
    link.open()
    link.feed("sleep 2", b"", 20)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="minutes together"):
        link.run("sleep 20", 30)
    assert time.monotonic() - began < 5
    with pytest.raises(Unreachable, match="minutes together"):
        link.run("echo well")


def test_a_key_with_a_passphrase_and_no_agent(start, connect, keys, monkeypatch):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    link = connect(login="locked", medecin=start("medecin")).link("medecin")
    with pytest.raises(Unreachable) as caught:
        link.open()
    reason = f"its key {keys / 'locked'} has a passphrase and is not in ssh-agent: ssh-add "
    assert f"cannot be asked: {reason}" in str(caught.value)


DEPLOY = """
import os
from socle import bounds
from socle.apply import adapter, command_on_change, current, observed, probe, resolved_host
from socle.baseline.rules import admits
from pyinfra.api import deploy

bounds.LARGEST = 1 << 20
adapter.GRACE = 1
probe.script_for = lambda practice: {probe!r}
FLOW = {{"protocol": "tcp", "ports": ["22"], "any": False, "ipv4": ["10.0.0.0/8"], "ipv6": []}}

@deploy("Toy")
def toy():
    seen = observed()
    if not admits([FLOW], seen.client, seen.port):
        current.leave_out(f"nothing lets {{seen.client}} in")
    command_on_change("touch {place}/" + resolved_host().name, when=[], or_when=True)

toy()
"""

PROBE = """machine=$(command -v tr | sha256sum | cut -c1-32)
printf 'connection %s\\nmachine %s\\nos debian\\nend\\n' "$(tr a a </dev/null)" "$machine" |
gzip -c | base64 -w0"""
"""In place of the real probe, which a developer's own computer would answer at length."""
NEAR = "echo 10.0.0.1 1 127.0.0.1 22"
"""A host's `tr`: whence it says the operator comes."""


@pytest.fixture
def practice(toy, tmp_path, keys, monkeypatch):
    """``practice(accueil=SERVER)`` runs pyinfra; its output, and whom it changed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shutil.copy(CHECKOUT / "inventories/local/inventory.py", toy.folder)
    changed = tmp_path / "changed"
    changed.mkdir()

    def run(*, code=1, login="user", deploy=DEPLOY, environment=None, **servers):
        toy.write("hosts.yml", "all:\n  children:\n    servers:\n      hosts:\n" + "".join(
            f"        {name}: {{ansible_host: 127.0.0.1, ansible_port: {server.port}, "
            f"socle_addresses: [10.0.0.{own}], ansible_ssh_private_key_file: {keys / login}}}\n"
            for own, (name, server) in enumerate(servers.items(), start=1)
        ))  # fmt: skip
        shutil.copy(tmp_path / "known_hosts", toy.folder / "known_hosts")
        toy.write("/deploy.py", deploy.format(place=changed, probe=PROBE))
        done = subprocess.run(
            [PYINFRA, "inventories/p/inventory.py", "deploy.py", "-y"],
            cwd=toy.root,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout, {path.name for path in changed.iterdir()}

    return run


GZIP, BASE64 = shutil.which("gzip"), shutil.which("base64")


def test_a_bad_answer_to_the_probe_leaves_out_that_host(start, practice):
    bad = {
        "cut": {"base64": f"{BASE64} -w0 | head -c 20"},
        "plain": {"gzip": "cat"},
        "garbage": {"base64": "echo '*** not what was asked ***'"},
        "bomb": {"gzip": f"head -c 50000000 /dev/zero | {GZIP}"},
        "endless": {"base64": "yes"},
        "menu": {"shell": "echo 1. Reboot"},
        "latin": {"shell": "printf '\\351\\n'; exit 3"},
        "liar": {"tr": "echo somebody else"},
        "far": {"tr": "echo 192.0.2.66 1 127.0.0.1 22"},
        "early": {"base64": f"cat >/dev/null; echo connection | {GZIP} | {BASE64} -w0"},
    }
    servers = {name: start(name, **how) for name, how in bad.items()}
    good = {"accueil": start("accueil", tr=NEAR), "bavard": start("bavard", BANNER, tr=NEAR)}
    output, changed = practice(**servers, **good)
    assert changed == {"accueil", "bavard"}
    for name in bad:
        (sentence,) = [line for line in output.splitlines() if f"[{name}]" in line][-1:]
        wanted = "nothing lets 192.0.2.66 in" if name == "far" else "the host cannot be examined: "
        assert wanted in sentence, output
    assert output.count("its answer is larger than 1 MiB") == 2
    assert f"Failed: {', '.join(sorted(bad))}." in output


ODD = DEPLOY.replace(
    "    command_on",
    """    name = resolved_host().name
    if name == "planned":
        seen.rooms["toy"][3]
    if name == "applied":
        delivered(lambda: 1 / 0, "", title="it", when=True)
    if name == "babbling":
        host.get_fact(Hostname)
    if name == "deaf":
        server.shell(commands=["sleep 60"], _timeout=1, _stdin="x" * 30_000_000)
    command_on""",
).replace(
    "import os",
    "from pyinfra import host\nfrom pyinfra.facts.server import Hostname\n"
    "from pyinfra.operations import server\nfrom socle.apply import delivered",
)


def test_what_a_room_makes_of_one_host_is_that_hosts_failure(start, practice):
    began = time.monotonic()
    names = ("planned", "applied", "deaf", "babbling")
    servers = {name: start(name, tr=NEAR, uname="yes") for name in ("accueil", *names)}
    output, changed = practice(deploy=ODD, **servers)
    assert changed == {"accueil"}
    assert "it cannot be planned: KeyError('toy') (deploy.py, line " in output
    assert "cannot go on: ZeroDivisionError" in output
    assert "Command timed out" in output
    assert "it cannot be planned: server.Hostname: the host does not answer" in output
    assert f"Failed: {', '.join(sorted(names))}." in output
    assert time.monotonic() - began < 45  # a deaf host held a run up for ever


def test_a_server_of_weak_algorithms_or_that_babbles_is_refused(start, practice):
    rsa = paramiko.RSAKey.generate(2048)

    def offers(**only):
        def prepare(transport):
            options = transport.get_security_options()
            for kind, names in only.items():
                setattr(options, kind, names)

        return prepare

    weak = {
        "cipher": {"ciphers": ["3des-cbc"]},
        "cbc": {"ciphers": ["aes256-cbc"]},
        "mac": {"digests": ["hmac-md5", "hmac-sha1-96"]},
        "group": {"kex": ["diffie-hellman-group1-sha1"]},
        "exchange": {"kex": ["diffie-hellman-group-exchange-sha1"]},
    }
    servers = {name: start(name, prepare=offers(**only)) for name, only in weak.items()}
    servers["key"] = start("key", host_key=rsa, prepare=offers(key_types=["ssh-rsa"]))
    modern = start("modern", host_key=rsa, prepare=offers(key_types=["rsa-sha2-512"]), tr=NEAR)
    babbling = start("babbling", prepare=lambda transport: transport.sock.sendall(b"x" * 200_000))
    output, changed = practice(modern=modern, babbling=babbling, **servers)
    assert changed == {"modern"}
    assert output.count("its SSH server offers only outdated algorithms") == len(servers)
    assert "its greeting does not end" in output
    assert f"Failed: {', '.join(sorted([*servers, 'babbling']))}." in output


def test_a_key_with_a_passphrase_comes_from_the_agent_or_is_refused(start, practice, keys):
    servers = {name: start(name, tr=NEAR) for name in ("accueil", "medecin")}
    for server in servers.values():
        server.user_key = paramiko.Ed25519Key.from_private_key_file(str(keys / "locked"), "secret")
    alone = {"SSH_AUTH_SOCK": ""}
    output, changed = practice(login="locked", environment=alone, **servers)
    assert not changed
    said = f"its key {keys / 'locked'} has a passphrase and is not in ssh-agent: ssh-add "
    assert output.count(said) == 2

    (keys / "says").write_text("#!/bin/sh\necho secret\n")
    (keys / "says").chmod(0o755)
    agent = subprocess.check_output(["ssh-agent", "-s"], text=True)
    words = dict(line.split(";")[0].split("=") for line in agent.splitlines()[:2])
    held = {"SSH_AUTH_SOCK": words["SSH_AUTH_SOCK"]}
    try:
        subprocess.run(
            ["ssh-add", "-q", keys / "locked"],
            env={
                **os.environ,
                **held,
                "SSH_ASKPASS": keys / "says",
                "SSH_ASKPASS_REQUIRE": "force",
            },
            check=True,
        )
        _, changed = practice(code=0, login="locked", environment=held, **servers)
    finally:
        subprocess.run(["kill", words["SSH_AGENT_PID"]], check=True)
    assert changed == {"accueil", "medecin"}
