"""Run on a host: what apt reads and from where, as its own tools print it.

Questions only: `apt` reads the answers. Joined to a room's program (`programs.python`).
"""

import hashlib
import re
import shlex
import socket
import subprocess
from pathlib import Path

PLACES = {"list": "Dir::Etc::sourcelist/f", "parts": "Dir::Etc::sourceparts/d",
          "main": "Dir::Etc::main/f", "conf": "Dir::Etc::parts/d", "trusted": "Dir::Etc::trusted/f",
          "trusted_parts": "Dir::Etc::trustedparts/d"}  # fmt: skip
TARGETS = ("REPO_URI", "RELEASE", "ORIGIN", "LABEL", "SUITE", "CODENAME")
NOISE = ("APT::NeverAutoRemove", "APT::VersionedKernelPackages", "APT::Never-MarkAuto",
         "APT::Compressor", "Acquire::IndexTargets", "Acquire::Changelogs", "Acquire::Snapshots",
         "Acquire::CompressionTypes", "APT::Move-Autobit")  # fmt: skip
HOOKS = re.compile(r'^(?:Binary::[^:]+::)?((?:DPkg|APT::Update)::(?:Pre|Post)-[\w-]+)(?:::\S*)? '
                   r'"(.+)";$', re.IGNORECASE)  # fmt: skip
PROXY = re.compile(r'^(?:Binary::[^:]+::)?Acquire::https?::Proxy(?:::\S+)? '
                   r'"(?:https?|socks5h)://(?:[^/@]*@)?([^/:"]+|\[[^]"]+\])(?::(\d+))?/?";$',
                   re.IGNORECASE)  # fmt: skip
PROXY_PORT, PATIENCE = 80, 3  # seconds


def printed(*words: str) -> str:
    """A command's standard output, whatever its exit status; nothing where it is missing."""
    try:
        done = subprocess.run(words, capture_output=True, check=False)
    except OSError:
        return ""
    return done.stdout.decode(errors="replace")


def apt() -> dict[str, object]:
    """Apt's configuration in force, its sources and what they turned out to be, without secrets."""
    config = [line for line in printed("apt-config", "dump").splitlines()
              if not line.startswith(NOISE)]  # fmt: skip
    where = places()
    form = "|".join(f"$({name})" for name in TARGETS)
    return {
        "config": list(map(without_secret, config)),
        "places": where,
        "architecture": printed("dpkg", "--print-architecture").strip(),
        "sources": {str(path): without_secret(text) for path, text in source_files(where)},
        "targets": without_secret(printed("apt-get", "indextargets", "--format", form)),
        "hooks": hooks(config, [*Path(where.get("conf", "/nowhere")).glob("*"), *main_file(where)]),
        "silent_proxies": silent_proxies(config),
    }


def places() -> dict[str, str]:
    """Where apt looks for its files, by its own configuration."""
    words = [word for pair in PLACES.items() for word in pair]
    said = shlex.split(printed("apt-config", "shell", *words))
    return {key: value for key, _, value in (word.partition("=") for word in said)}


def source_files(where: dict[str, str]) -> list[tuple[Path, str]]:
    """The files of the sources with their text, unread ones with none."""
    paths = [Path(where[name]) for name in ("list",) if where.get(name)]
    if where.get("parts") and Path(where["parts"]).is_dir():
        paths += sorted(one for one in Path(where["parts"]).iterdir()
                        if one.suffix in {".list", ".sources"})  # fmt: skip
    return [(path, path.read_text(errors="replace")) for path in paths if path.is_file()]


def without_secret(text: str) -> str:
    """The text as it may stand in a report: addresses without a password in them."""
    return re.sub(r"//[^/@\s]*@", "//…@", text)


def main_file(where: dict[str, str]) -> list[Path]:
    """The one configuration file outside of the folder, if it is there."""
    return [Path(where["main"])] if where.get("main") else []


def hooks(config: list[str], files: list[Path]) -> list[dict[str, object]]:
    """Commands that apt runs by itself, but for those of files that a package brought.

    ``written``: when the file that names the command was last changed (Unix time; None: not found).
    """
    brought = printed("dpkg-query", "-W", "-f", "${Conffiles}\n")
    sums = dict(line.split()[:2] for line in brought.splitlines() if len(line.split()) > 1)
    texts = {}
    for path in sorted(files):
        if path.is_file():
            texts[path] = path.read_bytes()
    own = {path for path, text in texts.items() if sums.get(str(path)) == md5(text)}
    found = []
    for key, command in (match.groups() for match in map(HOOKS.match, config) if match):
        inside = [path for path, text in texts.items() if command.encode() in unquoted(text)]
        if not own & set(inside):
            written = max((int(path.stat().st_ctime) for path in inside), default=None)
            found.append({"key": key, "command": without_secret(command), "written": written})
    return found


def md5(text: bytes) -> str:
    """The sum by which dpkg knows a configuration file."""
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def unquoted(text: bytes) -> bytes:
    """A file's text as the configuration that is printed of it has it."""
    return text.replace(b'\\"', b'"')


def silent_proxies(config: list[str]) -> list[str]:
    """Proxies of apt that take no connection at this moment."""
    silent = set()
    for host, port in (match.groups() for match in map(PROXY.match, config) if match):
        try:
            socket.create_connection((host.strip("[]"), int(port or PROXY_PORT)), PATIENCE).close()
        except (OSError, ValueError, OverflowError):
            silent.add(f"{host}:{port or PROXY_PORT}")
    return sorted(silent)
