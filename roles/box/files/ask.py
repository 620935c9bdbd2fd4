"""Asks the machine's Internet box which ports it has opened, and prints the answer as JSON.

Run as root, below the text of igd.py: the firewall lets root alone ask. Argument: the file that is
locked while sockets are open, so that no check takes them for a program's. Read-only: it searches
for a gateway (SSDP), reads its list of mappings (SOAP), and asks NAT-PMP and PCP what they would
tell anybody; it never asks for a mapping. Names that the box gives are not kept.
"""

import contextlib
import errno
import fcntl
import json
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from igd import IPV6_FIREWALL, SEARCH, SEARCHES, Gateway, Nonsense, location, services

SECONDS_IN_ALL = 20
SSDP_PORT, PMP_PORT = 1900, 5351
EVERYONE = "239.255.255.250"
NATPMP = b"\0\0"  # RFC 6886, 3.2: which public address?
RESPONSE = 0x80
SHORTEST_ANSWER, NATPMP_ANSWER = 8, 12  # bytes
PAUSES = (0.4, 0.4, 1.6)  # seconds after each round: datagrams get lost, a search may take one
KEPT_IN = (errno.EPERM, errno.EACCES)


class Slow(Exception):
    """The time is over."""


def routers():
    """Addresses of the IPv4 routers that the machine's default routes name."""
    said = subprocess.run(
        ["ip", "-4", "-json", "route", "show", "default"], capture_output=True, check=True
    )
    routes = json.loads(said.stdout or b"[]")
    return list(dict.fromkeys(one["gateway"] for one in routes if "gateway" in one))


def pcp(own):
    """RFC 6887, 14.1: an ANNOUNCE, which changes nothing."""
    mapped = b"\0" * 10 + b"\xff\xff" + socket.inet_aton(own)
    return struct.pack("!BBHI", 2, 0, 0, 0) + mapped


def search(address):
    """(descriptions' addresses, why the question did not leave) of the gateways that answer.

    The same socket asks the box and then everybody: the machine's firewall lets the answer to
    the second question in as if it were one to the first.
    """
    found, kept_in = [], None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for pause in PAUSES:
            for target in (address, EVERYONE):
                for kind in SEARCHES:
                    try:
                        sock.sendto(SEARCH.format(kind).encode(), (target, SSDP_PORT))
                    except OSError as trouble:
                        if target == address:
                            kept_in = trouble.errno if trouble.errno in KEPT_IN else kept_in
            for datagram in answers(sock, address, pause):
                where = location(datagram)
                if where and where not in found:
                    found.append(where)
            if found:
                break
    return found, kept_in


def on_demand(address, into):
    """(protocols of ours that the box answers on port 5351, why the question did not leave)."""
    found, kept_in = set(), None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((address, PMP_PORT))
        own = sock.getsockname()[0]
        for pause in PAUSES:
            for question in (NATPMP, pcp(own)):
                try:
                    sock.send(question)
                except ConnectionRefusedError:
                    return found, None  # the box itself says that nobody is there
                except OSError as trouble:
                    kept_in = trouble.errno if trouble.errno in KEPT_IN else kept_in
            for datagram in answers(sock, address, pause):
                name = protocol(datagram)
                if name:
                    found.add(name)
                into["external"] = external(datagram) or into["external"]
            if found:
                break
    return found, kept_in


def external(datagram):
    """The box's public address in an answer of NAT-PMP (RFC 6886, 3.2); None in another one."""
    if datagram[:4] != b"\0\x80\0\0" or len(datagram) < NATPMP_ANSWER:
        return None
    return socket.inet_ntoa(datagram[8:NATPMP_ANSWER])


def protocol(datagram):
    """Which protocol an answer on port 5351 is of; a refusal of ours is an answer too."""
    if len(datagram) < SHORTEST_ANSWER or not datagram[1] & RESPONSE:
        return None
    return {0: "NAT-PMP", 2: "PCP"}.get(datagram[0])


def answers(sock, address, seconds):
    """Datagrams that come from ``address`` within that time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and select.select([sock], [], [], left)[0]:
        try:
            datagram, (sender, _) = sock.recvfrom(4096)
        except OSError:
            return
        if sender == address:
            yield datagram


def alive(address):
    """Whether the box answers anything at all: an echo, or a connection to a usual port."""
    ping = ["ping", "-n", "-q", "-c", "3", "-i", "0.3", "-W", "1", address]
    try:
        if subprocess.run(ping, capture_output=True, check=False).returncode == 0:
            return True
    except FileNotFoundError:
        pass
    for port in (53, 80, 443):
        with socket.socket() as sock:
            sock.settimeout(1)
            if sock.connect_ex((address, port)) == 0:
                return True
    return False


def read(address, where, into):
    """Fill in what the gateway described at ``where`` lists."""
    box = Gateway(address)
    offered = services(box.get(where), where)
    for service, url in offered:
        if service == IPV6_FIREWALL:
            said, _ = box.call(service, url, "GetFirewallStatus")
            if said:
                into["ipv6_firewall"] = said.get("FirewallEnabled") != "0"
                into["pinholes"] = said.get("InboundPinholeAllowed") != "0"
            continue
        for one in box.mappings(service, url):
            if one not in into["mappings"]:
                into["mappings"].append(one)
        with contextlib.suppress(Nonsense):  # the list is what matters
            into["external"] = box.external(service, url) or into["external"]
    if not any(service != IPV6_FIREWALL for service, _ in offered):
        raise Nonsense("no service that lists mappings")


def ask(address, into):
    """Everything that is asked of one router, as far as it came."""
    with ThreadPoolExecutor() as pool:  # the waits side by side: others wait for the sockets' lock
        alone = pool.submit(alive, address)
        demanded = pool.submit(on_demand, address, into)
        searched = pool.submit(search, address)
    into["alive"] = alone.result()
    protocols, kept_in = demanded.result()
    into["on_demand"] = sorted(protocols)
    if kept_in:
        into["kept_in"].append(f"udp {PMP_PORT}")
    found, kept_in = searched.result()
    if kept_in:
        into["kept_in"].append(f"udp {SSDP_PORT}")
    into["upnp"] = bool(found)
    for where in found:
        try:
            read(address, where, into)
        except Nonsense as trouble:
            into["unreadable"].append(str(trouble))
    into["complete"] = True


def too_slow(*_):
    """The alarm's handler."""
    raise Slow


def main():
    """Ask every router, within bounded time."""
    lock = Path(sys.argv[1])
    lock.parent.mkdir(mode=0o700, exist_ok=True)
    with lock.open("a") as turns:
        fcntl.flock(turns, fcntl.LOCK_EX)
        everything()


def everything():
    """What each router said, on standard output."""
    signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(SECONDS_IN_ALL)
    boxes = []
    try:
        for address in routers():
            boxes.append({"address": address, "alive": False, "upnp": False, "on_demand": [],
                          "mappings": [], "ipv6_firewall": None, "pinholes": False,
                          "external": None, "unreadable": [], "kept_in": [],
                          "complete": False})  # fmt: skip
            ask(address, boxes[-1])
    except Slow:
        pass
    signal.alarm(0)
    json.dump({"boxes": boxes}, sys.stdout)


main()
