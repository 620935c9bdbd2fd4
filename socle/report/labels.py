"""What the keys of the data are called on a page: verdicts, severities, themes, groups, sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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
    "exposure": ("Exposition sur Internet", "Exposure to the Internet"),
}
"""Those of several rooms; a room names its own."""
GROUPS: Pairs = {
    "all": ("Toutes les machines", "All machines"),
    "workstations": ("Postes de travail", "Workstations"),
    "servers": ("Serveurs", "Servers"),
}
_PEERS: Pairs = {
    "any": ("toute adresse", "any address"),
    "255.255.255.255": ("réseau local (diffusion)", "local network (broadcast)"),
}


class Source(NamedTuple):
    """A document that controls refer to: in short, and in full in both languages."""

    short: str
    french: str
    english: str


REFERENCES: Mapping[str, Source] = {
    "cnil_guide_2024": Source(
        "CNIL 2024",
        "CNIL, Guide de la sécurité des données personnelles, édition 2024",
        "CNIL, Guide to the security of personal data, 2024 edition",
    ),
    "anssi_bp_028": Source(
        "ANSSI-BP-028",
        "ANSSI-BP-028, Configuration d'un système GNU/Linux, v2.0",
        "ANSSI-BP-028, Configuration of a GNU/Linux system, v2.0",
    ),
    "anssi_hygiene": Source(
        "ANSSI hygiène",
        "ANSSI, Guide d'hygiène informatique, 42 mesures",
        "ANSSI, Guide to IT hygiene, 42 measures",
    ),
    "cis": Source(
        "CIS",
        "CIS Benchmarks, par distribution",
        "CIS Benchmarks, by distribution",
    ),
    "anssi_tpe_pme": Source(
        "ANSSI TPE/PME",
        "ANSSI, La cybersécurité pour les TPE/PME en treize questions",
        "ANSSI, Cybersecurity for small businesses in thirteen questions",
    ),
    "iso_27001": Source(
        "ISO 27001",
        "ISO/IEC 27001:2022, annexe A",
        "ISO/IEC 27001:2022, Annex A",
    ),
    "pgssi_s": Source(
        "PGSSI-S",
        "ANS, PGSSI-S, canevas de politique de sécurité",
        "ANS, PGSSI-S, security policy outline",
    ),
    "urps_2024": Source(
        "URPS 2024",
        "URPS Occitanie, guide de cybersécurité, septembre 2024",
        "URPS Occitanie, cybersecurity guide, September 2024",
    ),
    "care": Source(
        "CaRE D2",
        "Programme CaRE, domaine 2 (établissements ; repris à titre de modèle)",
        "CaRE programme, domain 2 (for hospitals; taken as a model)",
    ),
    "rgpd": Source(
        "RGPD",
        "RGPD, règlement (UE) 2016/679, articles",
        "GDPR, Regulation (EU) 2016/679, articles",
    ),
    "san_2020": Source(
        "CNIL SAN-2020",
        "CNIL, décisions SAN-2020-014 (réformée en partie par le Conseil d'État le 22 juillet "
        "2022, n° 449694) et SAN-2020-015 du 7 décembre 2020",
        "CNIL, decisions SAN-2020-014 (partly reversed by the Conseil d'État on 22 July 2022, "
        "no. 449694) and SAN-2020-015 of 7 December 2020",
    ),
}
"""Those of several rooms; a room names its own."""
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


@dataclass(frozen=True, eq=False)
class Labels:
    """What is called how where rooms have a say: by the house alone, unless more is given."""

    themes: Pairs = field(default_factory=lambda: THEMES)
    groups: Pairs = field(default_factory=lambda: GROUPS)
    references: Mapping[str, Source] = field(default_factory=lambda: REFERENCES)

    def with_those_of(
        self, themes: Pairs, groups: Pairs, references: Mapping[str, Source]
    ) -> Labels:
        """These, and a room's."""
        return Labels(
            {**self.themes, **themes},
            {**self.groups, **groups},
            {**self.references, **references},
        )

    def label(self, pairs: Pairs, key: str, language: str) -> str:
        """The name of ``key`` among ``pairs``."""
        return label(pairs, key, language)

    def severity(self, key: str, language: str) -> str:
        """The name of a severity."""
        return label(SEVERITIES, key, language)

    def theme(self, key: str, language: str) -> str:
        """The name of a theme."""
        return label(self.themes, key, language)

    def group_name(self, group: str, language: str) -> str:
        """The name of a group of machines."""
        return label(self.groups, group, language)

    def peer_name(self, peer: str, language: str) -> str:
        """The name of a flow's peer; a host, an address or a set of addresses goes by its own."""
        named = {**self.groups, **_PEERS}
        return label(named, peer, language) if peer in named else peer

    def hosts_name(
        self, names: Iterable[str], hosts: Sequence[Mapping[str, Any]], language: str
    ) -> str | None:
        """The name of the group of exactly these machines; None when there is none."""
        wanted = set(names)
        if len(wanted) < 2:  # noqa: PLR2004 - one machine goes by its own name
            return None
        for group in dict.fromkeys(group for host in hosts for group in host["groups"]):
            if wanted == {host["name"] for host in hosts if group in host["groups"]}:
                return f"{self.group_name(group, language)} ({len(wanted)})"
        return None

    def document(self, key: str, language: str) -> str:
        """The full name of a document that controls refer to."""
        full = {known: source[1:] for known, source in self.references.items()}
        return label(full, key, language)

    def reference(self, key: str, value: Any, language: str) -> str:
        """One reference of a control in short: ``CIS: Debian 12: 1.7.4, 1.7.5``."""
        known = self.references.get(key)
        name = known.short if known else key.replace("_", " ").upper()
        if language == "fr":
            return typeset(f"{name} : {_places(value)}", language)
        return f"{name}: {_places(value)}"


HOUSE = Labels()
"""The names that need no room."""


def cited(controls: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of the documents that the controls refer to, each once, in a stable order."""
    return sorted({key for control in controls for key in control["references"]})


def _places(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{DISTRIBUTIONS.get(k, k)} {_places(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_places(item) for item in value)
    return str(value)
