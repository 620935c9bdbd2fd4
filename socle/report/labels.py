"""What the keys of the data are called on a page: verdicts, severities, themes, groups, sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from socle.report.typography import typeset

# key -> (French, English)
Pairs = Mapping[str, tuple[str, str]]

VERDICTS: Pairs = {
    "pass": ("Tenue", "Kept"),
    "fail": ("Non tenue", "Not kept"),
    "waived": ("Exception acceptée", "Accepted exception"),
    "unknown": ("Non mesurée", "Not measured"),
    "not-applicable": ("Sans objet", "Not applicable"),
}
SEVERITIES: Pairs = {
    "critical": ("Critique", "Critical"),
    "high": ("Élevée", "High"),
    "medium": ("Moyenne", "Medium"),
    "low": ("Faible", "Low"),
}
THEMES: Pairs = {
    "accounts": ("Comptes et droits", "Accounts and rights"),
    "antivirus": ("Logiciels malveillants", "Malware"),
    "backup": ("Sauvegardes", "Backups"),
    "desktop": ("Poste médical", "Medical desktop"),
    "devices": ("Périphériques et supports", "Devices and media"),
    "encryption": ("Chiffrement", "Encryption"),
    "exposure": ("Exposition sur Internet", "Exposure to the Internet"),
    "imaging": ("Imagerie médicale", "Medical imaging"),
    "kernel": ("Noyau du système", "System kernel"),
    "logs": ("Journaux et détection", "Logs and detection"),
    "malware": ("Logiciels malveillants", "Malware"),
    "network": ("Réseau et pare-feu", "Network and firewall"),
    "passwords": ("Mots de passe", "Passwords"),
    "remote-access": ("Accès à distance", "Remote access"),
    "services": ("Services", "Services"),
    "session": ("Verrouillage de session", "Session lock"),
    "system": ("Système", "System"),
    "updates": ("Mises à jour", "Updates"),
}
GROUPS: dict[str, tuple[str, str]] = {
    "all": ("Toutes les machines", "All machines"),
    "workstations": ("Postes de travail", "Workstations"),
    "servers": ("Serveurs", "Servers"),
    "imaging_servers": ("Serveurs d'imagerie", "Imaging servers"),
    "backup_servers": ("Serveurs de sauvegarde", "Backup servers"),
}
PEERS: Pairs = GROUPS | {
    "any": ("toute adresse", "any address"),
    "255.255.255.255": ("réseau local (diffusion)", "local network (broadcast)"),
}
REFERENCES: Pairs = {
    "cnil_guide_2024": (
        "CNIL, Guide de la sécurité des données personnelles, édition 2024",
        "CNIL, Guide to the security of personal data, 2024 edition",
    ),
    "anssi_bp_028": (
        "ANSSI-BP-028, Configuration d'un système GNU/Linux, v2.0",
        "ANSSI-BP-028, Configuration of a GNU/Linux system, v2.0",
    ),
    "anssi_hygiene": (
        "ANSSI, Guide d'hygiène informatique, 42 mesures",
        "ANSSI, Guide to IT hygiene, 42 measures",
    ),
    "cis": ("CIS Benchmarks, par distribution", "CIS Benchmarks, by distribution"),
    "anssi_tls": (
        "ANSSI, Recommandations de sécurité relatives à TLS",
        "ANSSI, Security recommendations for TLS",
    ),
    "anssi_tpe_pme": (
        "ANSSI, La cybersécurité pour les TPE/PME en treize questions",
        "ANSSI, Cybersecurity for small businesses in thirteen questions",
    ),
    "iso_27001": ("ISO/IEC 27001:2022, annexe A", "ISO/IEC 27001:2022, Annex A"),
    "pgssi_s": (
        "ANS, PGSSI-S, canevas de politique de sécurité",
        "ANS, PGSSI-S, security policy outline",
    ),
    "urps_2024": (
        "URPS Occitanie, guide de cybersécurité, septembre 2024",
        "URPS Occitanie, cybersecurity guide, September 2024",
    ),
    "anssi_bp_100": (
        "ANSSI-BP-100, Sauvegarde des systèmes d'information : les fondamentaux, octobre 2023",
        "ANSSI-BP-100, Backup of information systems: the fundamentals, October 2023",
    ),
    "care": (
        "Programme CaRE, domaine 2 (établissements ; repris à titre de modèle)",
        "CaRE programme, domain 2 (for hospitals; taken as a model)",
    ),
    "csp": ("Code de la santé publique, articles", "French public health code, articles"),
    "hds": (
        "Référentiel de certification HDS v2.0, exigences",
        "HDS certification reference v2.0, requirements",
    ),
    "rgpd": (
        "RGPD, règlement (UE) 2016/679, articles",
        "GDPR, Regulation (EU) 2016/679, articles",
    ),
    "san_2020": (
        "CNIL, décisions SAN-2020-014 (réformée en partie par le Conseil d'État le 22 juillet "
        "2022, n° 449694) et SAN-2020-015 du 7 décembre 2020",
        "CNIL, decisions SAN-2020-014 (partly reversed by the Conseil d'État on 22 July 2022, "
        "no. 449694) and SAN-2020-015 of 7 December 2020",
    ),
}
SHORT_REFERENCES: Mapping[str, str] = {
    "cnil_guide_2024": "CNIL 2024",
    "anssi_bp_028": "ANSSI-BP-028",
    "anssi_hygiene": "ANSSI hygiène",
    "cis": "CIS",
    "anssi_tls": "ANSSI TLS",
    "anssi_tpe_pme": "ANSSI TPE/PME",
    "iso_27001": "ISO 27001",
    "pgssi_s": "PGSSI-S",
    "urps_2024": "URPS 2024",
    "anssi_bp_100": "ANSSI-BP-100",
    "care": "CaRE D2",
    "csp": "CSP",
    "hds": "HDS v2.0",
    "rgpd": "RGPD",
    "san_2020": "CNIL SAN-2020",
}
DISTRIBUTIONS: Mapping[str, str] = {
    "debian12": "Debian 12",
    "debian13": "Debian 13",
    "ubuntu2204": "Ubuntu 22.04",
    "ubuntu2404": "Ubuntu 24.04",
}


def label(pairs: Pairs, key: str, language: str) -> str:
    """The name of ``key``; a key without a name is made readable, never hidden."""
    if key not in pairs:
        return key.replace("_", " ").replace("-", " ").capitalize()
    french, english = pairs[key]
    return typeset(french if language == "fr" else english, language)


def group_name(group: str, language: str) -> str:
    """The name of a group of machines."""
    return label(GROUPS, group, language)


def peer_name(peer: str, language: str) -> str:
    """The name of a flow's peer; a host, an address or a set of addresses goes by its own."""
    return label(PEERS, peer, language) if peer in PEERS else peer


def hosts_name(
    names: Iterable[str], hosts: Sequence[Mapping[str, Any]], language: str
) -> str | None:
    """The name of the group that consists of exactly these machines; None when there is none."""
    wanted = set(names)
    if len(wanted) < 2:  # noqa: PLR2004 - one machine goes by its own name
        return None
    for group in dict.fromkeys(group for host in hosts for group in host["groups"]):
        if wanted == {host["name"] for host in hosts if group in host["groups"]}:
            return f"{group_name(group, language)} ({len(wanted)})"
    return None


def cited(controls: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of the documents that the controls refer to, each once, in a stable order."""
    return sorted({key for control in controls for key in control["references"]})


def reference(key: str, value: Any, language: str) -> str:
    """One reference of a control in short: ``CIS: Debian 12: 1.7.4, 1.7.5``."""
    name = SHORT_REFERENCES.get(key, key.replace("_", " ").upper())
    return (
        typeset(f"{name} : {_places(value)}", language)
        if language == "fr"
        else (f"{name}: {_places(value)}")
    )


def _places(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{DISTRIBUTIONS.get(k, k)} {_places(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_places(item) for item in value)
    return str(value)
