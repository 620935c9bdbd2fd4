"""What a demo practice works with: synthetic patients' data, and passwords for its backups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from socle.commands import secrets

if TYPE_CHECKING:
    from socle.lab import Lab

# Nobody's data: numbers and noise, made once, so that a copy has something to bring back.
_FILL = {
    "/srv/images": """[ -d /srv/images ] || { mkdir -p /srv/images.new
for n in $(seq -w 1 24); do
    { head -c 128 /dev/zero; printf DICM; head -c 200000 /dev/urandom; } >/srv/images.new/$n.dcm
done; mv /srv/images.new /srv/images; }""",
    "/srv/dossiers": """[ -d /srv/dossiers ] || { mkdir -p /srv/dossiers.new
for n in $(seq -w 1 40); do
    printf 'Patient fictif %s\\nCompte rendu : essai.\\n' "$n" >"/srv/dossiers.new/dossier-$n.txt"
done; mv /srv/dossiers.new /srv/dossiers; }""",
}


def prepare(folder: Path, machines: Lab, root: Path | None = None) -> None:
    """Make what the practice ``folder`` lacks on its booted machines; what is there is kept."""
    from socle.baseline import load  # noqa: PLC0415
    from socle.lab import run  # noqa: PLC0415

    secrets.make(folder, root)
    for host in load(folder, root=root).hosts.values():
        for wanted in host.settings["backup_folders"]:
            if wanted in _FILL:
                run(machines, host.name, _FILL[wanted])
