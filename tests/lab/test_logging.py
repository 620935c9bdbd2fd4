"""What the packet filter drops is counted, and logged at a bounded rate."""

from __future__ import annotations

import json
import math
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.lab
HOST = "accueil"
PACKETS, BURST = 200, 5
SEND = f"""python3 -c '
import socket, time
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range({PACKETS}):
    link.sendto(b"socle", ("ADDRESS", 50000 + number))
    time.sleep(0.002)
'"""


@pytest.fixture
def kernel_log():
    """This computer's kernel logs for the machines too, during the test. They share the kernel."""
    switch = Path("/proc/sys/net/netfilter/nf_log_all_netns")
    if subprocess.run(["dmesg"], capture_output=True, check=False).returncode != 0:
        pytest.skip("dmesg is not available")
    try:
        former = switch.read_text()
        switch.write_text("1\n")
    except OSError as error:
        pytest.skip(f"net.netfilter.nf_log_all_netns cannot be set: {error}")
    try:
        yield _lines
    finally:
        switch.write_text(former)


def _lines() -> list[str]:
    done = subprocess.run(["dmesg"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def dropped(cabinet) -> int:
    answer = json.loads(cabinet.root_on(HOST, "nft -j list counter inet socle in_dropped"))
    return next(entry["counter"]["packets"] for entry in answer["nftables"] if "counter" in entry)


def test_every_drop_is_counted_and_a_few_are_logged(hardened, kernel_log):
    address = hardened.practice.hosts[HOST].connection.address
    visitor = f"10.77.{hardened.network}.99"
    # Loads the rules anew: the limit starts with its whole burst.
    hardened.root_on(HOST, "systemctl reload socle-firewall.service")

    def logged() -> list[str]:
        ends = (f"SRC={visitor} ", f"DST={address} ", "socle-in-drop: ")
        return [line for line in kernel_log() if all(word in line for word in ends)]

    before, counted, started = set(logged()), dropped(hardened), time.monotonic()
    hardened.root_on("visiteur", SEND.replace("ADDRESS", address))
    counted, lines = dropped(hardened) - counted, set(logged()) - before
    elapsed = time.monotonic() - started

    per_minute = hardened.practice.hosts[HOST].settings["firewall_log_per_minute"]
    assert counted >= PACKETS
    assert 1 <= len(lines) <= BURST + math.ceil(per_minute * elapsed / 60)
