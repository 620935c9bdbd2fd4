"""What a host says of the way to the operator, in a network namespace of this computer."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "socle/path.sh"
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
CONNECTED = "2001:db8::1 40000 2001:db8::2 22"
CABLE = ("link add cable type veth peer name far", "link set cable up", "link set far up")
LEASE = "valid_lft 100 preferred_lft 100"
WAITS = "print(flush=True); sys.stdin.read()\n"
LISTENER = f"""import socket, sys
client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
client.bind(("::", int(sys.argv[1])))
{WAITS}"""
CLIENT, ANOTHER = (LISTENER, "546"), (LISTENER, "5460")
TUNNEL = f"""import fcntl, struct, sys
tun = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"cable", 0x1001))  # TUNSETIFF, IFF_TUN
open("/proc/self/comm", "w").write("tunneld")
{WAITS}"""
HOARDER = f"""import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (10_000, 10_000))
os.setgroups([]); os.setgid(20_000); os.setuid(20_000)
held = [open("/dev/null") for _ in range(9_900)]
{WAITS}"""

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"),
    reason="needs root, ip and unshare: network namespaces",
)


def told(*commands: str, beside: tuple[tuple[str, ...], ...] = ()) -> list[str]:
    """What path.sh says after these commands of ip, while the programs ``beside`` run."""
    with ThreadPoolExecutor(1) as apart:  # a thread may have a network of its own
        return apart.submit(_told, commands, beside).result(timeout=60)


def _told(commands: tuple[str, ...], beside: tuple[tuple[str, ...], ...]) -> list[str]:
    assert ctypes.CDLL(None).unshare(NEW_NETWORK) == 0
    with ExitStack() as programs:
        for words in beside:
            running = programs.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            )
            assert running.stdout.readline() == b"\n"
        for command in commands:
            subprocess.run(["ip", *command.split()], check=True)
        return subprocess.run(
            ["sh", "-c", '. "$0"; path "$1"', SCRIPT, CONNECTED],
            capture_output=True, text=True, check=True, timeout=30,
        ).stdout.splitlines()  # fmt: skip


def addressed(lifetime: str = "", length: int = 64) -> tuple[str, ...]:
    return (
        f"address add 2001:db8::2/{length} dev cable nodad {lifetime}",
        "route add 2001:db8::1 dev cable",
    )


@pytest.mark.parametrize(
    ("lifetime", "beside", "leased"),
    [
        (LEASE, (CLIENT,), ["leased 2001:db8::2"]),
        (LEASE, (ANOTHER,), []),
        (LEASE + " mngtmpaddr", (CLIENT,), []),
        ("", (CLIENT,), []),
    ],
    ids=["leased", "no-client", "advertised", "static"],
)
def test_an_address_that_ends_unless_it_is_renewed(lifetime, beside, leased):
    said = told(*CABLE, *addressed(lifetime), beside=beside)
    assert said[0] == "to 2001:db8::1"
    assert [line for line in said if line.startswith("leased")] == leased
    assert said[-1].startswith("link [")


@pytest.mark.skipif(not os.access("/dev/net/tun", os.R_OK), reason="needs /dev/net/tun")
def test_people_s_open_files_do_not_delay_the_name_of_a_tunnel():
    began = time.monotonic()
    said = told("link set cable up", *addressed(), beside=((TUNNEL,), (HOARDER,), (HOARDER,)))
    assert said[-1] == "program cable tunneld"
    assert time.monotonic() - began < 6
