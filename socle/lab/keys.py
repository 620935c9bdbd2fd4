"""The lab's own SSH keys: the administrator's, and one a machine. Made once, gone with the lab."""

from __future__ import annotations

from pathlib import Path

from socle.lab.commands import call
from socle.lab.contents import known_hosts
from socle.lab.spec import Lab, Machine


def make(lab: Lab) -> None:
    """Make the keys that are missing, and write ``known_hosts``."""
    keys = host_keys_folder(lab)
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_pair(lab.key_file, f"{lab.administrator}@{lab.name}")
    for machine in lab.machines:
        make_pair(host_key(lab, machine), machine.name)
    public = {m.name: host_key(lab, m).with_suffix(".pub").read_text() for m in lab.machines}
    text = known_hosts(lab, public)
    if not lab.known_hosts.exists() or lab.known_hosts.read_text() != text:
        lab.known_hosts.write_text(text)


def host_keys_folder(lab: Lab) -> Path:
    """Where the machines' private host keys are kept across resets."""
    return lab.folder / "host_keys"


def host_key(lab: Lab, machine: Machine) -> Path:
    """A machine's private host key; the public one has the suffix ``.pub``."""
    return host_keys_folder(lab) / machine.name


def make_pair(file: Path, comment: str) -> None:
    """An ed25519 pair, renamed into place: a killed ``ssh-keygen`` leaves no half key."""
    if file.exists():
        return
    new = file.with_name(f".new-{file.name}")
    public = file.with_name(f"{file.name}.pub")
    for leftover in (new, new.with_name(f"{new.name}.pub")):
        leftover.unlink(missing_ok=True)
    call(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", new])
    new.with_name(f"{new.name}.pub").rename(public)
    new.rename(file)
