"""What the reports say of imaging: an Orthanc that lets strangers in, and what keeps them out."""

from __future__ import annotations

from socle.report.doorkinds import DoorKind
from socle.report.labels import Source
from socle.report.rooms import Exposed, RoomReport
from socle.report.words import Text

ACCOUNTS = "orthanc-http-auth"
ANONYMOUS = DoorKind(
    fact="anonymous",
    control=ACCOUNTS,
    reach="inside",
    lead=Text(
        "Sur le réseau du cabinet, le logiciel d'imagerie répond à des inconnus.",
        "On the practice's network, the imaging program answers strangers.",
    ),
    what=Text(
        "Orthanc, sur {host}, ouvert sans compte ou avec un compte connu de tous",
        "Orthanc, on {host}, open without an account, or with one that everybody knows",
    ),
    whom=Text(
        "à quiconque atteint ce serveur",
        "to whoever reaches this server",
    ),
    todo=(
        Text(
            "Avec le prestataire : appliquer la configuration de Socle aux serveurs d'imagerie "
            "(`docs/fr/imagerie.md`).",
            "With the IT provider: apply Socle's configuration to the imaging servers "
            "(`docs/en/imaging.md`).",
        ),
    ),
    by_verdict=True,
)
IMAGES = Exposed(
    no=Text(
        "Aucune image n'est joignable depuis Internet, d'après {proofs}.",
        "No image can be reached from the Internet, by {proofs}.",
    ),
    unknown=Text(
        "On ne sait pas si des images sont joignables depuis Internet : {reason}.",
        "Nobody knows whether images can be reached from the Internet: {reason}.",
    ),
    stranger=Text(
        "un logiciel d'imagerie laisse entrer un inconnu depuis Internet, {where}",
        "an imaging program lets a stranger in from the Internet, {where}",
    ),
    port=Text(
        "un port d'imagerie répond depuis Internet, {where}",
        "an imaging port answers from the Internet, {where}",
    ),
)
REPORT = RoomReport(
    themes={"imaging": ("Imagerie médicale", "Medical imaging")},
    groups={"imaging_servers": ("Serveurs d'imagerie", "Imaging servers")},
    references={
        "anssi_tls": Source(
            "ANSSI TLS",
            "ANSSI, Recommandations de sécurité relatives à TLS",
            "ANSSI, Security recommendations for TLS",
        ),
    },
    doors=(ANONYMOUS,),
    exposed=IMAGES,
    walls=(ACCOUNTS, "orthanc-dicom-peers", "orthanc-tls", "orthanc-network"),
)
