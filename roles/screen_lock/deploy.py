"""pyinfra: the screen lock room."""

from pathlib import Path

from pyinfra.api import deploy
from pyinfra.api.operation import OperationMeta

from socle.apply import command_on_change, managed_files, observed, packages, resolved_host, unit

PROGRAM = "/usr/local/lib/socle/screen_lock"
UNITS = "/etc/systemd/system"
FILES = Path(__file__).parent / "files"
RELOAD_LOGIND = "systemctl kill --kill-whom=main --signal=HUP systemd-logind.service"


@deploy("Screen lock")
def screen_lock() -> None:
    """Idle consoles close everywhere; on workstations idle sessions lock."""
    settings, seen = resolved_host().settings, observed().rooms.get("screen_lock", ())
    workstation = settings["screen_lock_workstation"]
    if workstation:
        lacking = [one for one in settings["screen_lock_packages"] if f"package {one}" in seen]
        packages(present=lacking)
    files = managed_files("screen_lock")
    logind = files["/etc/systemd/logind.conf.d/socle.conf"]
    drifted = any(line not in seen for line in settings["screen_lock_logind"])
    command_on_change(RELOAD_LOGIND, when=[logind], or_when=drifted)
    if workstation:
        _desktops(files, seen)
        _logins(seen)
        _guardian(files, seen)


def _desktops(files: dict[str, OperationMeta], seen: tuple[str, ...]) -> None:
    """What every desktop knows by itself is in force."""
    databases = [meta for path, meta in files.items() if path.startswith("/etc/dconf/db/")]
    stale = any(line.startswith("dconf ") for line in seen)
    command_on_change(_script("compile.sh"), when=databases, or_when=stale, title="dconf compile")
    unpinned = any(line.startswith("profile ") for line in seen)
    command_on_change(_script("pin.sh"), when=[], or_when=unpinned, title="pin dconf's profile")
    pin = files[f"{UNITS}/user-runtime-dir@.service.d/socle.conf"]
    command_on_change("systemctl daemon-reload", when=[pin], or_when="units old" in seen)


def _logins(seen: tuple[str, ...]) -> None:
    """Nobody is let in without a password by a file that is not ours."""
    foreign = [line.split(" ", 1)[1] for line in seen if line.startswith("autologin ")]
    mend = f"set -- mend\n{_script('probe.sh')}"
    title = f"no automatic login in {', '.join(foreign)}"
    command_on_change(mend, when=[], or_when=bool(foreign), title=title)


def _guardian(files: dict[str, OperationMeta], seen: tuple[str, ...]) -> None:
    """Our own clock beside the desktops' runs: seconds, and no inhibitor stops it."""
    changed = [
        files["/etc/socle/screen-lock.json"],
        files[PROGRAM],
        files[f"{UNITS}/socle-lock.service"],
    ]
    unit("socle-lock.service", reload_when=changed, or_when="guardian old" in seen)
    unit("socle-lock-sleep.service", running=False)


def _script(name: str) -> str:
    return (FILES / name).read_text(encoding="utf-8")
