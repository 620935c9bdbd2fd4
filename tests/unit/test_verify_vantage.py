"""What came back from a port: on this computer's loopback, and behind a packet filter."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from socle.baseline.model import Connection, Host
from socle.verify import State, Unknown
from socle.verify.links import LOCAL_PREFIX, Link
from socle.verify.probe import probe
from socle.verify.vantage import Vantage

VERIFY = Path(__file__).resolve().parents[2] / "socle/verify"
REMOTE = Host("imagerie", ("all",), ("127.0.0.1",), Connection("ssh", "127.0.0.1"))
HERE = Host("poste", ("all",), ("127.0.0.1",), Connection("local", "localhost"))


@pytest.fixture(params=["127.0.0.1", "::1"])
def ports(request):
    """One port that listens and one that does not, as endpoints."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family) as listener, socket.socket(family) as closed:
        for one in (listener, closed):
            try:
                one.bind((request.param, 0))
            except OSError:
                pytest.skip(f"no {request.param} on this computer")
        listener.listen()
        yield listener.getsockname()[:2], closed.getsockname()[:2]


def expected(ports):
    return {ports[0]: State.OPEN, ports[1]: State.REFUSED}


def test_the_operators_computer_looks(ports):
    assert Vantage("the operator's computer", REMOTE).tcp(ports) == expected(ports)


def test_a_host_looks_with_python(ports):
    link = Link(HERE, LOCAL_PREFIX)
    vantage = Vantage("poste", REMOTE, link)
    assert vantage.tcp(ports) == expected(ports)
    assert link.executions == 2
    assert vantage.target is HERE


def test_a_host_looks_without_python(ports):
    words = [str(word) for endpoint in ports for word in endpoint]
    said = subprocess.check_output(["bash", VERIFY / "probe.sh", "1", *words], text=True)
    lines = {f"{address} {port} {state}" for (address, port), state in expected(ports).items()}
    assert set(said.splitlines()) == lines


def test_many_ports_are_tried_in_rounds(ports):
    closed = [(ports[1][0], port) for port in range(1, 450)]
    assert len(probe([*closed, ports[0]], 1.0)) == 450


def test_no_host_sees_itself_as_others_do():
    with pytest.raises(Unknown, match="this very computer"):
        Vantage("the operator's computer", HERE).tcp([("127.0.0.1", 22)])
    with pytest.raises(Unknown, match="cannot see itself"):
        Vantage("poste", HERE, Link(HERE, LOCAL_PREFIX)).tcp([("127.0.0.1", 22)])


def test_where_there_is_no_way_nothing_is_said():
    with pytest.raises(Unknown, match=r"cannot look at 255.255.255.255 port 22"):
        Vantage("the operator's computer", REMOTE).tcp([("255.255.255.255", 22)])


RULES = """
table inet t {
  chain input {
    type filter hook input priority 0; policy accept;
    tcp dport 1001 drop
    tcp dport 1002 reject with tcp reset
    tcp dport 1003 reject
    tcp dport 1004 reject with icmpx admin-prohibited
  }
}
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("nft") or not shutil.which("unshare"),
    reason="needs root, nft and unshare: a packet filter in a network namespace",
)
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_packet_filter_is_told_from_a_reset(address, tmp_path):
    (tmp_path / "rules").write_text(RULES)
    words = " ".join(f"{address} {port}" for port in (1000, 1001, 1002, 1003, 1004))
    script = (
        f"ip link set lo up && nft -f {tmp_path}/rules && "
        f"{sys.executable} - 0.5 {words} < {VERIFY}/probe.py"
    )
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    if "not supported" in done.stderr:
        pytest.skip("this kernel has no nftables")
    states = [line.split()[-1] for line in sorted(done.stdout.splitlines())]
    assert states == ["refused", "silent", "refused", "rejected", "rejected"], done.stderr
