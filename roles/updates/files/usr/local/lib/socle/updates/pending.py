"""Which updates are pending, and since when this machine has seen them.

With --record, after each run of the updates: the first day on which each pending update was seen
goes to a file. Without: only definitions, which the checks use too.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

RECORD = Path("/var/lib/socle/updates/pending.json")
LINE = re.compile(r"Inst (\S+) \[[^]]*\] \((\S+) (.*?)(?: \[[^]]*\])?\)")
NO_DEFAULT = ("-o", "APT::Default-Release=")  # a default release hides updates from the resolver
NOTHING_CHOSEN = {"APT::Default-Release": "", "Dir::Etc::Preferences": "/dev/null",
                  "Dir::Etc::PreferencesParts": "/dev/null"}  # fmt: skip
KERNEL = re.compile(r"linux-image-\d[^-]*(?:-\d+)?-(.+)")


def simulated():
    """Package -> archives of its newer version, as `apt-get dist-upgrade` would install it.

    Raises subprocess.CalledProcessError where apt cannot tell.
    """
    words = ["apt-get", "-s", "-qq", "-o", "Debug::NoLocking=1", *NO_DEFAULT, "dist-upgrade"]
    said = subprocess.run(words, capture_output=True, text=True, errors="replace",
                          check=True).stdout  # fmt: skip
    return {found[1]: found[3] for found in map(LINE.match, said.splitlines()) if found}


def is_security(archives):
    """Whether a version comes from the distribution's security archive."""
    return re.search(r"-security\b", archives) is not None


def published():
    """Security updates by package, and kernels that nothing will ever update.

    The best version that the security archive has, asked of apt's own cache: no hold, pin, default
    release or broken dependency hides it. Raises ImportError without python3-apt.
    """
    import apt_pkg  # noqa: PLC0415 - it goes with unattended-upgrades

    apt_pkg.init()
    for name, value in NOTHING_CHOSEN.items():
        apt_pkg.config.set(name, value)
    found, newest, offered = {}, {}, {}
    for package in apt_pkg.Cache(None).packages:
        kernel = KERNEL.fullmatch(package.name)
        if package.current_ver is None and not kernel:
            continue
        current = package.current_ver.ver_str if package.current_ver else ""
        for version in package.version_list:
            files = [file for file, _ in version.file_list if not file.not_automatic]
            secure = any(is_security(f"{one.archive} {one.codename}") for one in files)
            if kernel and files:
                add(apt_pkg, offered, kernel[1], version.ver_str)
            if current and secure and apt_pkg.version_compare(version.ver_str, current) > 0:
                found[package.get_fullname(pretty=True)] = True
        if kernel and current:
            add(apt_pkg, newest, kernel[1], current)
    followed = installed_names([f"linux-image-{flavour}" for flavour in newest])
    behind = [f"linux-image-…-{flavour} {version}, published: {offered[flavour]}"
              for flavour, version in sorted(newest.items())
              if apt_pkg.version_compare(offered.get(flavour, version), version) > 0
              and f"linux-image-{flavour}" not in followed]  # fmt: skip
    return found, behind


def add(apt_pkg, best, name, version):
    """Keep the newest version of a name."""
    if name not in best or apt_pkg.version_compare(version, best[name]) > 0:
        best[name] = version


def installed_names(names):
    """Those of these packages that are installed."""
    words = ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\n", *names]
    shown = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    return {line.split()[-1] for line in shown.splitlines() if line.startswith("ii")}


def pending():
    """Package -> whether its pending update is a security update; and why that may not be all."""
    try:
        found = {name: is_security(archives) for name, archives in simulated().items()}
        error = None
    except subprocess.CalledProcessError as failed:
        found, error = {}, failed.stderr.strip()
    try:
        security, behind = published()
    except (ImportError, SystemError) as failed:
        return {"pending": found, "kernels_behind": [], "apt_error": error or str(failed)}
    return {"pending": found | security, "kernels_behind": behind, "apt_error": error}


def recorded():
    """Package -> the first moment (Unix time) at which a run saw its update pending."""
    try:
        return json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def record():
    """Keep the first moments of what is still pending, forget what was installed."""
    before, now = recorded(), int(time.time())
    text = json.dumps({name: before.get(name, now) for name in sorted(pending()["pending"])})
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    new = RECORD.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(RECORD)


if sys.argv[1:] == ["--record"]:
    record()
