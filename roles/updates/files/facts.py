"""What a machine says of its updates, as JSON: questions only, the checks judge.

Run as root below the text of the modules that it imports, in a mount namespace of its
own: /var is covered by a layer that goes with the process, because a dry run writes its log and,
worse, the stamp of a successful run.
"""

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path

from apt_ask import apt, printed
from keys import keys
from pending import pending, recorded
from unchanged import answers, inputs
from units_ask import timer, units

PERIODIC = "/var/lib/apt/periodic/"
LOGS = "/var/log/unattended-upgrades/unattended-upgrades.log"
SUCCESS = ("No packages found that can be upgraded", "All upgrades installed")
PROGRAMS = "/usr/local/lib/socle/updates/"
DRY_RUN = 150  # seconds: a run fetches what is pending before it simulates
GONE = re.compile(r"^\S+ ..x\S* .* (/(?:usr|lib|lib64|bin|sbin|opt)/.*) \(deleted\)$")
SESSION = "a session"
SERVICES = ("apt-daily.service", "apt-daily-upgrade.service")
TIMERS = ("apt-daily", "apt-daily-upgrade", "socle-reboot")
SAID = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ INFO (" + "|".join(SUCCESS) + r")[^\n\0]*")
NEEDRESTART = """our %nrconf = (restart => "i"); do "/etc/needrestart/needrestart.conf";
print "$nrconf{restart}\\n"; my $rc = $nrconf{override_rc} // {};
for my $unit (@ARGV) {
    my ($first) = grep { $unit =~ /$_/ } keys %$rc;
    print "$unit\\n" if defined $first && !$rc->{$first};
}"""
PROGRAMS_OF_APT = ("unattended-upgrade", "apt-get", "apt-config", "dpkg")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


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
        if "activating" not in printed("systemctl", "is-active", *SERVICES):
            return False
        time.sleep(1)
    return True


def last_success():
    """When the log last told of a run that ended well (Unix time), and what it said then.

    What cannot be read of it, as after a power cut, hides nothing else.
    """
    text = printed("sh", "-c", f"zcat -f {LOGS}.1* {LOGS} 2>/dev/null")
    for found in reversed(list(SAID.finditer(text))):
        with suppress(ValueError, OverflowError):
            moment = time.mktime(time.strptime(found[1], "%Y-%m-%d %H:%M:%S"))
            return int(moment), found[2]
    return None, ""


def release_files():
    """Each fetched Release file: what it says of itself, and until when it is valid."""
    found = []
    for path in Path("/var/lib/apt/lists").glob("*Release"):
        lines = path.read_text(errors="replace").split("\nMD5Sum:")[0].splitlines()[:40]
        one = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
        one["valid_until"] = None
        with suppress(KeyError, TypeError, ValueError, OverflowError):
            one["valid_until"] = int(parsedate_to_datetime(one["valid-until"]).timestamp())
        found.append(one)
    return found


def release():
    """The system's name and the row of its distribution's calendar of support."""
    pairs = (
        line.partition("=")
        for line in Path("/etc/os-release").read_text(errors="replace").splitlines()
    )
    system = {key: value.strip('"') for key, _, value in pairs}
    calendar = Path(f"/usr/share/distro-info/{system.get('ID', '')}.csv")
    row = {}
    if calendar.is_file():
        lines = calendar.read_text(errors="replace").splitlines() or [""]
        head, *rows = [line.split(",") for line in lines]
        row = next((dict(zip(head, one, strict=False)) for one in rows
                    if one[2:3] == [system.get("VERSION_CODENAME")]), {})  # fmt: skip
    return {"system": system, "row": row, "calendar": calendar.is_file()}


def kernels():
    """The booted kernel's package version, and the versions installed, oldest first."""
    booted = re.search(r"Debian (\S+)", os.uname().version)
    shown = printed(
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
            capture_output=True, text=True, errors="replace", timeout=DRY_RUN, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired:
        return {"code": None, "said": [f"no end within {DRY_RUN} s"]}
    return {"code": done.returncode, "said": (done.stdout + done.stderr).splitlines()[-40:]}


def obsolete():
    """Installed packages that no source has."""
    return re.findall(r"^([^/\s]+)/", printed("apt", "list", "~o"), re.M)


def kernel_packages():
    """Packages that the distribution's kernel team made: name -> source and maintainer."""
    shown = printed("dpkg-query", "-W", "-f", "${Package}|${source:Package}|${Maintainer}\n",
                    "linux-*")  # fmt: skip
    rows = (line.split("|") for line in shown.splitlines())
    return {row[0]: row[1:] for row in rows if len(row) == len(("name", "source", "maintainer"))}


def restarter(units):
    """What restarts services whose libraries were replaced: installed, and as it is set up.

    ``kept``: those of these units that it leaves alone, as display managers and networks.
    """
    mode, *kept = printed("perl", "-e", NEEDRESTART, *units).splitlines() or [""]
    return {"program": shutil.which("needrestart", path=SYSTEM_PATH), "restart": mode, "kept": kept}


def outdated():
    """Processes that run code which was replaced on the disk: name, unit, file, since when."""
    found = {}
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with suppress(OSError):  # it has ended, or is the kernel's
            gone = {match[1] for match in map(GONE.search, maps.read_text(errors="replace")
                                              .splitlines()) if match}  # fmt: skip
            for path in sorted(gone)[:1]:
                name = maps.with_name("comm").read_text(errors="replace").strip()
                group = maps.with_name("cgroup").read_text().strip().rpartition(":")[2]
                unit = SESSION if "user.slice" in group else group.rpartition("/")[2]
                found[name, unit] = {"name": name, "unit": unit, "file": path,
                                     "since": changed(path)}  # fmt: skip
    return [found[key] for key in sorted(found)]


def changed(path):
    """When what lies at a path now was put there (Unix time); None where nothing does."""
    try:
        return int(Path(path).stat().st_ctime)
    except OSError:
        return None


def last_install():
    """When apt last ended an installation without an error (Unix time); None: not known."""
    last = None
    text = printed("sh", "-c", "zcat -f /var/log/apt/history.log.1* /var/log/apt/history.log")
    for block in re.split(r"\n\s*\n", text):
        end = re.search(r"^End-Date: (\S+)\s+(\S+)", block, re.M)
        if end and not re.search(r"^Error:", block, re.M):
            with suppress(ValueError, OverflowError):
                moment = time.strptime(f"{end[1]} {end[2]}", "%Y-%m-%d %H:%M:%S")
                last = int(time.mktime(moment))
    return last


def users():
    """Who is logged in; the very connection that asks is there too."""
    rows = printed("loginctl", "list-sessions", "--no-legend").splitlines()
    return sorted({user for row in rows for user in row.split()[2:3]})


def main():
    """Ask everything, print it once."""
    busy = wait_for_a_run()
    state = inputs()
    cover_var()
    success, words = last_success()
    old = outdated()
    facts = {
        "busy": busy,
        "now": int(time.time()),
        "apt": apt(),
        "timers": {name: timer(f"{name}.timer") for name in TIMERS},
        "units": units([*SERVICES, "socle-reboot.service", *(f"{one}.timer" for one in TIMERS)]),
        "programs": {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                     for path in Path(PROGRAMS).glob("*.py")},
        "fetched": modified(PERIODIC + "update-stamp"),
        "ran": modified(PERIODIC + "unattended-upgrades-stamp"),
        "succeeded": success,
        "last_words": words,
        "lists": release_files(),
        "last_install": last_install(),
        "held": printed("apt-mark", "showhold").split(),
        "first_seen": recorded(),
        "required": modified("/run/reboot-required"),
        "required_by": printed("cat", "/run/reboot-required.pkgs").strip(),
        "container": printed("systemd-detect-virt", "--container").strip().replace("none", ""),
        "kernels": kernels(),
        "kernel_packages": kernel_packages(),
        "restarter": restarter(sorted({one["unit"] for one in old})),
        "outdated": old,
        "found_at": {name: shutil.which(name, path=SYSTEM_PATH) for name in PROGRAMS_OF_APT},
        "users": users(),
        "release": release(),
        "keys": keys(),
    }  # fmt: skip
    questions = {"waiting": pending, "obsolete": obsolete, "dry_run": dry_run,
                 "policy": lambda: printed("apt-cache", "policy")}  # fmt: skip
    slow = answers(state, questions)  # last: a dry run writes the stamps that were read above
    sys.stdout.write(json.dumps(facts | slow.pop("waiting") | slow))


if __name__ == "__main__":
    main()
