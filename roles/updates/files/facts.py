"""What a machine says of its updates, as JSON: questions only, the checks judge.

Run as root below the text of pending.py, sources.py and unchanged.py, in a mount namespace of its
own: /var is covered by a layer that goes with the process, because a dry run writes its log and,
worse, the stamp of a successful run.
"""

import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from pending import pending, recorded
from sources import keys, said, said_any, sources
from unchanged import answers, inputs

PERIODIC = "/var/lib/apt/periodic/"
LOGS = "/var/log/unattended-upgrades/unattended-upgrades.log"
SUCCESS = ("No packages found that can be upgraded", "All upgrades installed")
PROGRAMS = "/usr/local/lib/socle/updates/"
DRY_RUN = 150  # seconds: a run fetches what is pending before it simulates
SERVICES = ("apt-daily.service", "apt-daily-upgrade.service")
CONFIG = ("APT::Periodic", "APT::Update", "APT::Get::Allow", "Acquire::Allow", "Unattended-Upgrade",
          "DPkg::Options", "Dpkg::Options")  # fmt: skip


def cover_var():
    """Let nothing that follows change the machine; its error says why where that cannot be."""
    layer = "lowerdir=/var,upperdir=/mnt/up,workdir=/mnt/work"
    steps = ["mount -t tmpfs tmpfs /mnt", "mkdir /mnt/up /mnt/work",
             f"mount -t overlay overlay -o {layer} /var", "touch /mnt/lock",
             "[ ! -e /run/unattended-upgrades.lock ] || "
             "mount --bind /mnt/lock /run/unattended-upgrades.lock"]  # fmt: skip
    subprocess.run(["sh", "-c", " && ".join(steps)], check=True)


def modified(path):
    """When a file was last written (Unix time); None where there is none."""
    return int(Path(path).stat().st_mtime) if Path(path).exists() else None


def wait_for_a_run():
    """Whether updates are still being installed after a while of waiting."""
    for _ in range(25):
        if "activating" not in said_any("systemctl", "is-active", *SERVICES):
            return False
        time.sleep(1)
    return True


def unit(name, *properties):
    """Properties of a systemd unit."""
    shown = said("systemctl", "show", name, *(f"-p{p}" for p in properties)) or ""
    return dict(line.partition("=")[::2] for line in shown.splitlines())


def timer(name):
    """When a timer fires: its next elapse and the coming ones of each calendar line, local time."""
    path = "/org/freedesktop/systemd1/unit/" + name.replace("-", "_2d").replace(".", "_2e")
    words = ("TimersCalendar", "TimersMonotonic", "NextElapseUSecRealtime", "RandomizedDelayUSec")
    asked = said("busctl", "--json=short", "get-property", "org.freedesktop.systemd1", path,
                 "org.freedesktop.systemd1.Timer", *words)  # fmt: skip
    values = [json.loads(line)["data"] for line in (asked or "").splitlines()]
    calendar, monotonic, following, delay = values or ([], [], 0, 0)
    reached = 0 < following < 2**62
    return {
        **unit(name, "LoadState", "ActiveState", "UnitFileState", "Persistent"),
        "next": datetime.fromtimestamp(following / 1e6).isoformat() if reached else None,
        "fires": [moment for _, line, _ in calendar for moment in occurrences(line)],
        "since_something": [line for line, *_ in monotonic],
        "delay": delay // 1_000_000,
    }


def occurrences(line):
    """The coming fourteen moments of an OnCalendar= line, local time."""
    shown = said("systemd-analyze", "calendar", "--iterations=14", line) or ""
    rows = [row for row in shown.splitlines() if "(in UTC)" not in row]
    found = re.findall(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", "\n".join(rows[1:]))
    return [f"{day}T{clock}" for day, clock in found]


def last_success():
    """When the log last told of a run that ended well (Unix time), and what it said then."""
    text = said("sh", "-c", f"zcat -f {LOGS}.1* {LOGS} 2>/dev/null; true") or ""
    lines = [line for line in text.splitlines() if any(word in line for word in SUCCESS)]
    if not lines:
        return None, ""
    moment = datetime.strptime(lines[-1][:19], "%Y-%m-%d %H:%M:%S")
    return int(moment.timestamp()), lines[-1][24:]


def release_files():
    """Each fetched Release file: what it says of itself, and until when it is valid."""
    found = []
    for path in Path("/var/lib/apt/lists").glob("*Release"):
        lines = path.read_text(errors="replace").split("\nMD5Sum:")[0].splitlines()[:40]
        one = dict(line.split(": ", 1) for line in lines if ": " in line)
        until = one.get("Valid-Until")
        one["valid_until"] = int(parsedate_to_datetime(until).timestamp()) if until else None
        found.append({key.lower(): value for key, value in one.items()})
    return found


def release():
    """The system's name and the row of its distribution's calendar of support."""
    pairs = (line.partition("=") for line in Path("/etc/os-release").read_text().splitlines())
    system = {key: value.strip('"') for key, _, value in pairs}
    calendar = Path(f"/usr/share/distro-info/{system.get('ID', '')}.csv")
    row = {}
    if calendar.is_file():
        head, *rows = [line.split(",") for line in calendar.read_text().splitlines()]
        row = next((dict(zip(head, one, strict=False)) for one in rows
                    if one[2:3] == [system.get("VERSION_CODENAME")]), {})  # fmt: skip
    return {"system": system, "row": row, "calendar": calendar.is_file()}


def kernels():
    """The booted kernel's package version, and the versions installed, oldest first."""
    booted = re.search(r"Debian (\S+)", os.uname().version)
    shown = said_any(
        "dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Version}\n", "linux-image-[0-9]*"
    )
    installed = {line.split()[1] for line in shown.splitlines() if line.startswith("ii")}
    ordered = sorted(installed, key=functools.cmp_to_key(compare))
    return {"booted": booted[1] if booted else os.uname().release, "installed": ordered}


def compare(one, other):
    """Order of two Debian versions."""
    older = subprocess.run(["dpkg", "--compare-versions", one, "lt", other], check=False)
    return -1 if older.returncode == 0 else 1


def dry_run():
    """What unattended-upgrades would do; None where it is not installed.

    Without an end in time there is no ``code``.
    """
    try:
        done = subprocess.run(
            ["unattended-upgrade", "--dry-run", "--verbose"],
            capture_output=True, text=True, timeout=DRY_RUN, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired:
        return {"code": None, "said": [f"no end within {DRY_RUN} s"]}
    return {"code": done.returncode, "said": (done.stdout + done.stderr).splitlines()[-40:]}


def waiting():
    """What is pending; where apt cannot tell, its error."""
    try:
        return {"pending": pending()}
    except subprocess.CalledProcessError as error:
        return {"pending": None, "apt_error": error.stderr.strip()}


def obsolete():
    """Installed packages that no source has."""
    return re.findall(r"^([^/\s]+)/", said_any("apt", "list", "~o"), re.M)


def users():
    """Who is logged in; the very connection that asks is there too."""
    rows = said_any("loginctl", "list-sessions", "--no-legend").splitlines()
    return sorted({user for row in rows for user in row.split()[2:3]})


def main():
    """Ask everything, print it once."""
    busy = wait_for_a_run()
    state = inputs()
    cover_var()
    success, words = last_success()
    facts = {
        "busy": busy,
        "now": int(time.time()),
        "config": [line for line in said_any("apt-config", "dump").splitlines()
                   if line.startswith(CONFIG)],
        "timers": {name: timer(f"{name}.timer")
                   for name in ("apt-daily", "apt-daily-upgrade", "socle-reboot")},
        "services": {name: unit(name, "LoadState")["LoadState"] for name in SERVICES},
        "restart": unit("socle-reboot.service", "ExecStart").get("ExecStart", ""),
        "programs": {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                     for path in Path(PROGRAMS).glob("*.py")},
        "fetched": modified(PERIODIC + "update-stamp"),
        "ran": modified(PERIODIC + "unattended-upgrades-stamp"),
        "succeeded": success,
        "last_words": words,
        "lists": release_files(),
        "held": (said("apt-mark", "showhold") or "").split(),
        "first_seen": recorded(),
        "required": modified("/run/reboot-required"),
        "required_by": said("cat", "/run/reboot-required.pkgs") or "",
        "container": said("systemd-detect-virt", "--container"),
        "kernels": kernels(),
        "users": users(),
        "release": release(),
        "sources": sources(),
        "keys": keys(),
    }  # fmt: skip
    questions = {"waiting": waiting, "obsolete": obsolete, "dry_run": dry_run}
    slow = answers(state, questions)  # last: a dry run writes the stamps that were read above
    sys.stdout.write(json.dumps(facts | slow.pop("waiting") | slow))


if __name__ == "__main__":
    main()
