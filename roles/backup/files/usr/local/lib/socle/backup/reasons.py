"""Why restic failed, in words of our own: what it prints may hold names of patients' files."""

from __future__ import annotations

import re
import signal

ENDLESS = "files grew without end while they were read"
"""What we say ourselves when we stop restic for it."""

NO_MEMORY = "not enough memory for restic"

# First match wins, over everything that was printed: the cause stands before its consequences.
_KNOWN = (
    (ENDLESS, ENDLESS),
    (r"wrong password or no key found", "the repository has another password"),
    (r"no space left on device|too big for remaining disk space|disk quota exceeded",
     "no space left where the repository is"),
    (r"host key verification failed|remote host identification has changed",
     "the server's host key is not the declared one"),
    (r"permission denied \(publickey", "the server refuses this host's key"),
    (r"connection timed out|no route to host|network is unreachable|operation timed out"
     r"|could not resolve hostname|timeout, server .{0,300} not responding",
     "the server does not answer"),
    (r"out of memory|cannot allocate memory", NO_MEMORY),
    (r"connection refused", "the server refuses the connection"),
    (r"already locked", "the repository is locked by another restic"),
    (r"connection (closed|reset)|broken pipe|client_loop|unexpected eof"
     r"|rclone (stdio )?connection|http2: ", "the connection to the server was cut"),
    (r"repository does not exist|unable to open config file|does not exist: config"
     r"|is there a repository at", "there is no repository yet"),
    (r"input/output error", "the medium gives read or write errors"),
    (r"403 forbidden", "the server refuses: append-only"),
    (r"50[0-9] internal|\(500\)|500 internal", "the server cannot store (disk full or broken?)"),
    (r"pack .{0,300} (damaged|does not match|contains)|ciphertext verification failed|hash mismatch"
     r"|blob .{0,300} not found|repository contains errors|tree .{0,300} not found",
     "the repository is damaged"),
    (r"rclone: .{0,300}not found", "rclone is missing on the server"),
    (r"permission denied", "permission denied"),
    # ssh gave up, and restic did not wait for its words
    (r"talking http to rclone: (context canceled|exit status 255|signal: killed)",
     "the connection to the server was cut"),
)  # fmt: skip


def reason(output: str, code: int) -> str:
    """One line for an operator, without anything of ``output`` itself."""
    text = "\n".join(line for line in output.lower().splitlines() if " notice: " not in line)
    for pattern, words in _KNOWN:
        if re.search(pattern, text):
            return words
    if code == -signal.SIGKILL:  # by the kernel, at the MemoryMax of our service
        return NO_MEMORY
    return f"restic ended with code {code}; run it by hand to see why"


def missing_repository(output: str) -> bool:
    """Whether the failure means that the repository has never been made."""
    return reason(output, 1) == "there is no repository yet"
