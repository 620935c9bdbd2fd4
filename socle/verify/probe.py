"""Try TCP connections and say what came back: the one script of every vantage point.

Runs on the operator's computer as a module, and on a host from standard input (Python 3.7, no
package): ``python3 - SECONDS ADDRESS PORT [ADDRESS PORT…]`` prints ``ADDRESS PORT STATE`` lines.
A state is a word of socle.verify.verdicts.State, or ``unseen:REASON`` where this computer cannot
even ask (no route, no such address family).
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import sys
import time

if False:  # for the type checker: a host's Python need not know these words
    from collections.abc import Iterable

    Endpoint = tuple[str, int]

AT_ONCE = 200  # sockets: well below the usual limit of 1024 open files
RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
MSG_ERRQUEUE = 0x2000
PENDING = (0, errno.EINPROGRESS)
HOST_UNREACHABLE = (3, 1)  # ICMP type and code; sent by ourselves: nobody has that address


def probe(endpoints: Iterable[Endpoint], seconds: float) -> dict[Endpoint, str]:
    """The state of each (address, port), all of them tried at once, ``seconds`` for each."""
    states: dict[Endpoint, str] = {}
    pending = list(dict.fromkeys(endpoints))
    while pending:
        batch, pending = pending[:AT_ONCE], pending[AT_ONCE:]
        states.update(_batch(batch, seconds))
    return states


def _batch(endpoints: Iterable[Endpoint], seconds: float) -> dict[Endpoint, str]:
    states: dict[Endpoint, str] = {}
    waiting: dict[int, tuple[socket.socket, Endpoint]] = {}
    poll = select.poll()
    for endpoint in endpoints:
        attempt = _start(endpoint)
        if isinstance(attempt, str):
            states[endpoint] = attempt
        else:
            waiting[attempt.fileno()] = (attempt, endpoint)
            poll.register(attempt, select.POLLOUT)
    deadline = time.monotonic() + seconds
    while waiting and time.monotonic() < deadline:
        for number, _ in poll.poll(max(0, deadline - time.monotonic()) * 1000):
            attempt, endpoint = waiting.pop(number)
            poll.unregister(attempt)
            states[endpoint] = _state(attempt)
            attempt.close()
    for attempt, endpoint in waiting.values():
        states[endpoint] = "silent"
        attempt.close()
    return states


def _start(endpoint: Endpoint) -> socket.socket | str:
    """A socket that is connecting, or why there can be none."""
    address, port = endpoint
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        attempt = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        return "unseen:" + str(error.strerror)
    attempt.setblocking(False)
    attempt.setsockopt(*RECVERR[family], 1)
    code = attempt.connect_ex((address, port))
    if code in PENDING:
        return attempt
    attempt.close()
    return "refused" if code == errno.ECONNREFUSED else "unseen:" + os.strerror(code)


def _state(attempt: socket.socket) -> str:
    code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code == 0:
        return "open"
    icmp = _icmp(attempt)
    if icmp is not None:
        message, by_ourselves = icmp
        return "silent" if by_ourselves and message == HOST_UNREACHABLE else "rejected"
    if code in (errno.ECONNREFUSED, errno.ECONNRESET):
        return "refused"
    return "silent" if code == errno.ETIMEDOUT else "rejected"


def _icmp(attempt: socket.socket) -> tuple[tuple[int, int], bool] | None:
    """The ICMP error in the socket's queue: ((type, code), whether this computer sent it)."""
    try:
        _, ancillary, _, _ = attempt.recvmsg(1, 512, MSG_ERRQUEUE)
    except OSError:
        return None
    for _, _, data in ancillary:
        _, origin, kind, code = struct.unpack_from("=IBBB", data)
        if origin in (2, 3):  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6
            return (kind, code), _is_ours(data[16:])
    return None


def _is_ours(offender: bytes) -> bool:
    """Whether the error's sender (a struct sockaddr) is an address of this computer."""
    family = struct.unpack_from("=H", offender)[0]
    raw = offender[4:8] if family == socket.AF_INET else offender[8:24]
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as here:
            here.bind((socket.inet_ntop(family, raw), 0))
    except (OSError, ValueError):
        return False
    return True


if __name__ == "__main__":
    words = sys.argv[2:]
    wanted = [(words[i], int(words[i + 1])) for i in range(0, len(words), 2)]
    for (where, port), state in probe(wanted, float(sys.argv[1])).items():
        sys.stdout.write("%s %d %s\n" % (where, port, state))  # noqa: UP031
