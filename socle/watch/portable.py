"""What a machine needs to verify itself, as one archive: Socle, the rooms, and the libraries.

Built on the operator's computer for one Python and one kind of machine, because Debian's own
packages of these libraries are too old or missing. The same files give the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import platform
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import socle
from socle.baseline.digests import REGION, matching_files
from socle.errors import SocleError
from socle.evidence.files import replace
from socle.evidence.store import operator_cache
from socle.verify.provenance import HOUSE, ROOMS

PYTHONS = ("3.11", "3.13")
"""Of Debian 12 and 13."""
MACHINES = ("x86_64", "aarch64")
NEEDED = ("jinja2", "pydantic", "pytest", "pytest-testinfra", "pyyaml")
KEPT = 8
"""Archives that stay in the operator's cache."""
_WATCH = ("watch/*.py",)
_GLIBC = ("2014", "_2_17", "_2_28", "_2_34")  # Debian 12 has 2.36
_PERSONAL = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
_START = b"from socle.watch.cli import main\n\nmain()\n"
_SECONDS = 600  # for a slow line


def build(root: Path, python: str, machine: str) -> Path:
    """The archive ``verify-DIGEST.tar.gz`` for a host, below the operator's cache.

    ``root``: the checkout; ``python``: "3.11"; ``machine``: as `uname -m` says. DIGEST is what
    `digest` says of the unpacked files. Raises SocleError for a kind of machine that Debian 12
    and 13 are not, and where a library cannot be had.
    """
    if python not in PYTHONS or machine not in MACHINES:
        wanted = f"Python {' or '.join(PYTHONS)} on {' or '.join(MACHINES)}"
        raise SocleError(
            f"a machine verifies itself with {wanted}, this one has {python} {machine}"
        )
    files = contents(root, python, machine)
    archive = _cache() / f"verify-{digest(files)}.tar.gz"
    if not archive.is_file():
        _write(archive, _packed(files))
    return archive


def digest(files: dict[str, bytes]) -> str:
    """What the room's probe.sh computes on the host with find and sha256sum, 16 digits."""
    lines = (f"{hashlib.sha256(files[path]).hexdigest()}  ./{path}\n" for path in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def contents(root: Path, python: str, machine: str) -> dict[str, bytes]:
    """Path in the archive -> content."""
    package = Path(socle.__file__).parent
    files = {"__main__.py": _START, **_about_socle()}
    for path in matching_files(root, (*ROOMS, *REGION)):
        files[path] = (root / path).read_bytes()
    for path in matching_files(package, (*HOUSE, *_WATCH)):
        files[f"socle/{path}"] = (package / path).read_bytes()
    for name in _closure():
        files |= _library(distribution(name), python, machine)
    return files


def _about_socle() -> dict[str, bytes]:
    about = f"Metadata-Version: 2.1\nName: socle-cabinet\nVersion: {socle.__version__}\n"
    return {f"socle_cabinet-{socle.__version__}.dist-info/METADATA": about.encode()}


@cache
def _closure() -> tuple[str, ...]:
    """The libraries, and what they need in turn."""
    found: set[str] = set()
    waiting = list(NEEDED)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        found.add(name)
        needs = (Requirement(line) for line in distribution(name).requires or ())
        waiting += [one.name for one in needs if one.marker is None or one.marker.evaluate()]
    return tuple(sorted(found))


def _library(found: Distribution, python: str, machine: str) -> dict[str, bytes]:
    """The files of one library: this computer's own where they run on the host."""
    wheel = found.read_text("WHEEL") or ""
    here = (f"{sys.version_info[0]}.{sys.version_info[1]}", platform.machine())
    fits = (python, machine) == here and "manylinux" in wheel
    if "Root-Is-Purelib: true" not in wheel and not fits:
        folder = _downloaded(found.name, found.version, python, machine)
        return {path: (folder / path).read_bytes() for path in _shipped(folder)}
    names = [str(path) for path in found.files or () if _is_shipped(Path(path))]
    return {name: Path(str(found.locate_file(name))).read_bytes() for name in names}


def _shipped(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and _is_shipped(relative):
            yield relative.as_posix()


def _is_shipped(path: Path) -> bool:
    return (
        path.parts[0] not in {"..", "bin"}
        and "__pycache__" not in path.parts
        and path.name not in _PERSONAL
    )


def _downloaded(name: str, version: str, python: str, machine: str) -> Path:
    """The folder with a compiled library for another Python, from the operator's package index."""
    folder = _cache() / f"{name}-{version}-{python}-{machine}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    platforms = [word for one in _GLIBC for word in ("--platform", f"manylinux{one}_{machine}")]
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".pip-") as place:
        target = Path(place) / "target"
        words = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"]
        words += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python]
        words += [*platforms, "--target", str(target), f"{name}=={version}"]
        command = [sys.executable, "-m", "pip", "install", *words]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise SocleError(_no_library(name, version, python, "no answer")) from None
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise SocleError(_no_library(name, version, python, reason))
        if not folder.is_dir():  # two runs side by side bring the same
            target.rename(folder)
    return folder


def _no_library(name: str, version: str, python: str, reason: str) -> str:
    return (
        f"{name} {version} for Python {python} is needed once, from your package index: {reason}. "
        "Run again where pip can reach it, or switch alerting_enabled off"
    )


def _packed(files: dict[str, bytes]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(files):
            member = tarfile.TarInfo(path)
            member.mode, member.size = 0o644, len(files[path])
            archive.addfile(member, io.BytesIO(files[path]))
    return gzip.compress(plain.getvalue(), mtime=0)


def _write(archive: Path, content: bytes) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace(archive, content)
    newest_first = sorted(
        archive.parent.glob("verify-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    for old in newest_first[KEPT:]:
        old.unlink(missing_ok=True)


def _cache() -> Path:
    return operator_cache() / "portable"


if __name__ == "__main__":  # for Ansible, which runs no Python of ours
    try:
        sys.stdout.write(f"{build(Path(sys.argv[1]).resolve(), *sys.argv[2:])}\n")
    except SocleError as error:
        sys.exit(str(error))
