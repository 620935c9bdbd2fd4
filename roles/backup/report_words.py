"""What the reports say of backups, with plain spaces and straight apostrophes."""

from socle.report.labels import Source
from socle.report.words import Text

WORDS = {
    "backups": Text("Sauvegardes", "Backups"),
    "intro": Text(
        "Une sauvegarde ne vaut que si l'on sait en revenir : des fichiers réels sont restaurés "
        "pour l'essai, et comparés.",
        "A backup is worth what comes back from it: real files are restored as a test and "
        "compared.",
    ),
    "none": Text(
        "Aucune machine examinée n'a de données à sauvegarder.",
        "No machine that was examined has data to back up.",
    ),
    "repository": Text("Dépôt", "Repository"),
    "last_copy": Text("Dernière copie", "Last copy"),
    "last_restore": Text("Dernier essai de restauration", "Last restore test"),
    "restore_test": Text("Essai de restauration", "Restore test"),
    "restored": Text("{date}, {n} fichiers revenus intacts", "{date}, {n} files came back intact"),
    "restore_failed": Text("échec le {date}", "failed on {date}"),
    "not_known": Text("non mesuré", "not measured"),
    "disk_untested": Text("selon le relevé signé du disque", "by the disk's signed record"),
    "place_on-site": Text("au cabinet", "at the practice"),
    "place_off-site": Text("hors du cabinet", "away from the practice"),
    "place_disk": Text("disque débranché", "unplugged disk"),
    "exercise": Text(
        "Dernier exercice complet de restauration, déclaré par le cabinet : {date}.",
        "Last full exercise of restoration, as the practice declares: {date}.",
    ),
}
ENVELOPE = Text(
    "l'enveloppe de secours des sauvegardes, dans un coffre hors du cabinet",
    "the recovery envelope of the backups, in a safe away from the practice",
)
REFERENCES = {
    "anssi_bp_100": Source(
        "ANSSI-BP-100",
        "ANSSI-BP-100, Sauvegarde des systèmes d'information : les fondamentaux, octobre 2023",
        "ANSSI-BP-100, Backup of information systems: the fundamentals, October 2023",
    ),
    "csp": Source(
        "CSP", "Code de la santé publique, articles", "French public health code, articles"
    ),
    "hds": Source(
        "HDS v2.0",
        "Référentiel de certification HDS v2.0, exigences",
        "HDS certification reference v2.0, requirements",
    ),
}
