"""What the reports say of the firewall: the flows, and what came through although it stands."""

from __future__ import annotations

from socle.report.doorkinds import ON_THE_INTERNET, WHERE_TO_CLICK, DoorKind
from socle.report.rooms import Inside, RoomReport
from socle.report.words import Text

CANARY = "host-public-reachability"
RECEIVED = DoorKind(
    fact="received",
    control=CANARY,
    reach="through",
    lead=Text(
        "Des connexions venues d'Internet arrivent jusqu'aux machines.",
        "Connections from the Internet arrive at the machines.",
    ),
    what=Text(
        "Paquets d'Internet que personne n'avait demandés, arrivés à {host}",
        "Packets from the Internet that nobody had asked for, arrived at {host}",
    ),
    whom=Text(
        "à Internet : la box laisse passer jusqu'à cette machine",
        "to the Internet: the box lets it through to this machine",
    ),
    todo=(
        Text(
            "Sur la box : supprimer toute redirection et la DMZ, activer le pare-feu IPv6 (niveau"
            " moyen ou plus).",
            "On the box: remove every port forwarding and the DMZ, switch the IPv6 firewall on.",
        ),
        WHERE_TO_CLICK,
    ),
)
PUBLIC = DoorKind(
    fact="public",
    control=CANARY,
    reach="internet",
    lead=ON_THE_INTERNET,
    what=Text(
        "Adresse d'Internet sur {host} même : {address}",
        "An address of the Internet on {host} itself: {address}",
    ),
    whom=Text(
        "à Internet, sans que la box filtre rien",
        "to the Internet, and the box filters nothing",
    ),
    todo=(
        Text(
            "Sur la box : quitter le mode bridge.",
            "On the box: leave bridge mode.",
        ),
        WHERE_TO_CLICK,
    ),
    named_by=("address",),
)
ANSWERED = DoorKind(
    fact="answered",
    control="imaging-listeners",
    reach="inside",
    lead=Text(
        "Sur le réseau du cabinet, le logiciel d'imagerie répond à des inconnus.",
        "On the practice's network, the imaging program answers strangers.",
    ),
    what=Text(
        "Port d'imagerie {port} de {host}, ouvert à un appareil non déclaré",
        "Imaging port {port} of {host}, open to a device that is not declared",
    ),
    whom=Text(
        "aux appareils du réseau du cabinet ; à Internet si la box y mène",
        "to devices on the practice's network; to the Internet if the box leads there",
    ),
    todo=(
        Text(
            "Avec le prestataire : appliquer la configuration de Socle aux serveurs d'imagerie "
            "(`docs/fr/imagerie.md`).",
            "With the IT provider: apply Socle's configuration to the imaging servers "
            "(`docs/en/imaging.md`).",
        ),
    ),
    named_by=("port",),
)
REPORT = RoomReport(
    themes={"network": ("Réseau et pare-feu", "Network and firewall")},
    doors=(RECEIVED, PUBLIC, ANSWERED),
    walls=("firewall-default-deny", "imaging-listeners"),
    inside=(
        Inside(
            CANARY,
            place=1,
            good=Text(
                "le canari du {day} ({n} machine)|le canari du {day} ({n} machines)",
                "the canary of {day} ({n} machine)|the canary of {day} ({n} machines)",
            ),
            bad=Text(
                "{host} a reçu des connexions non sollicitées d'Internet ou est exposé, d'après "
                "le canari du {day}",
                "{host} received unsolicited connections from the Internet or is exposed, by the "
                "canary of {day}",
            ),
            missing=Text(
                "le canari (ce que les machines reçoivent d'Internet)",
                "the canary (what machines receive from the Internet)",
            ),
        ),
    ),
    flows={"in": "firewall_inbound", "out": "firewall_outbound"},
)
