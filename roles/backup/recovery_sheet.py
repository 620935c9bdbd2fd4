"""The sheet for the sealed envelope: all that is needed to get the data back from nothing.

In French, for the doctor's safe. It holds passwords: it is made on demand and never stored.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import date

from roles.backup.plan import needs_password, repositories_of, target
from roles.backup.repositories import Repository
from socle.baseline.model import Host, Practice

WIDTH = 88
"""Characters a line; a page of the PDF has as many."""

# Typst's own type of one width, as small as it takes for the longest line of commands.
_PAGES = """
#set document(title: "Feuille de secours des sauvegardes")
#set page(paper: "a4", margin: (x: 10mm, y: 15mm))
#show raw: set text(font: "DejaVu Sans Mono", size: 8.9pt, ligatures: false)
#raw(sys.inputs.text, block: true)
"""
_INTRODUCTION = """Cette feuille ouvre toutes les sauvegardes du cabinet. Imprimez-la, mettez-la
sous enveloppe scellée dans un coffre hors du cabinet, puis effacez le fichier. Refaites-la après
chaque changement de machine, de serveur ou de mot de passe, et détruisez l'ancienne. Sans
elle et sans le coffre-fort du prestataire (secrets.yml), les données sont perdues."""


def lines(practice: Practice, today: date) -> list[str]:
    """The sheet, line by line."""
    found = [
        f"FEUILLE DE SECOURS DES SAUVEGARDES - {practice.name}",
        f"Établie le {today:%d/%m/%Y}",
        "",
        *textwrap.wrap(" ".join(_INTRODUCTION.split()), WIDTH),
        "",
        *_GENERAL,
    ]
    for host in practice.hosts.values():
        if repositories_of(host):
            found += [
                "",
                "=" * WIDTH,
                f"MACHINE {host.name}",
                "=" * WIDTH,
                *_machine(host, practice),
            ]
    return found


def pdf(text: list[str]) -> bytes:
    """The same on A4 pages, in type of one width: passwords are copied letter by letter."""
    import typst  # noqa: PLC0415 - only who prints needs it

    made: bytes = typst.compile(
        _PAGES.encode(),
        format="pdf",
        sys_inputs={"text": "\n".join(text)},
        ignore_system_fonts=True,
    )
    return made


_GENERAL = [
    "AVEC LE DOSSIER DU CABINET (le plus simple)",
    "  Réinstallez la machine, appliquez le socle, puis, depuis le poste du prestataire :",
    "    socle restore inventories/CABINET MACHINE --to /restauration",
    "",
    "SANS RIEN D'AUTRE QUE CETTE FEUILLE",
    "  Il faut une machine Debian, l'accès à l'un des serveurs ou disques ci-dessous, et :",
    "    apt-get install restic cryptsetup-bin",
    "  restic demande le mot de passe au clavier ; ne le mettez jamais dans une commande.",
    "  Commencez par regarder ce qu'il y a : restic -r DÉPÔT snapshots",
]


def _machine(host: Host, practice: Practice) -> Iterator[str]:
    settings = host.settings
    if settings["backup_folders"]:
        yield from textwrap.wrap("Dossiers : " + ", ".join(settings["backup_folders"]), WIDTH)
    for database in settings["backup_databases"]:
        yield f"Base de données : {database['name']} ({database['kind']})"
    for repository in repositories_of(host):
        yield ""
        yield f"Dépôt {repository.name} ({_place(repository)})"
        if needs_password(repository, host):
            yield f"  Mot de passe : {settings['backup_passwords'][repository.name]}"
        if repository.kind == "disk":
            yield f"  Phrase LUKS  : {settings['backup_luks_passphrases'][repository.name]}"
            yield from _from_disk(repository)
        elif repository.kind == "folder":
            yield from _commands(repository.path or "")
        else:
            yield from _from_server(host, repository, practice)


def _place(repository: Repository) -> str:
    where = "hors du cabinet" if repository.place == "off-site" else "au cabinet"
    holder = f", {repository.held_by}" if repository.held_by not in {None, "practice"} else ""
    return f"{repository.medium}, {where}{holder}"


def _from_server(host: Host, repository: Repository, practice: Practice) -> Iterator[str]:
    found = target(repository, practice).data
    yield f"  Serveur : {repository.server}, {found['address']} port {found['port']} (SSH)"
    server = practice.hosts.get(repository.server or "")
    if server is None:
        yield f"  Demandez au prestataire de ce serveur le dossier de {host.name}, puis :"
        yield from _commands("DOSSIER")
        return
    yield "  Sur ce serveur même (root), ou sur son disque monté ailleurs :"
    yield from _commands(f"{server.settings['backup_store']}/{host.name}")


def _from_disk(repository: Repository) -> Iterator[str]:
    uuid = repository.luks_uuid
    serial = f", numéro de série {repository.serial}" if repository.serial else ""
    yield f"  Disque : UUID {uuid}{serial}"
    yield f"    cryptsetup open /dev/disk/by-uuid/{uuid} secours"
    yield "    mount /dev/mapper/secours /mnt && ls /mnt/socle"
    yield "  Chaque machine y a son dossier. Mot de passe : celui que cette machine a, plus haut ou"
    yield "  plus bas sur cette feuille, pour le serveur où le disque est branché ; pour la machine"
    yield "  où il est branché : celui du disque."
    yield from _commands("/mnt/socle/MACHINE")
    yield "    umount /mnt && cryptsetup close secours"


def _commands(place: str) -> Iterator[str]:
    yield f"    restic -r {place} snapshots"
    yield f"    restic -r {place} restore latest --target /restauration"
