"""Every sentence of the reports, in French and in English.

Written with plain spaces and straight apostrophes; ``words`` returns them typeset. "one|many"
holds both numbers of a sentence, for ``socle.report.typography.count``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from socle.report.typography import typeset

FRENCH = {
    "document": "Protection des machines du cabinet",
    "title": "Protection des machines, cabinet {practice}",
    "practice": "Cabinet {practice}",
    "when": "Mesuré le {date}",
    "nothing": "Aucune promesse n'a été vérifiée.",
    "kept": "{n} promesse sur {total} est tenue.|{n} promesses sur {total} sont tenues.",
    "kept_all": "L'unique promesse vérifiée est tenue.|Les {n} promesses sont toutes tenues.",
    "state_decide": "{n} point demande une décision|{n} points demandent une décision",
    "state_critical": "dont {n} critique|dont {n} critiques",
    "state_waived": "{n} promesse relève d'une exception acceptée.|"
    "{n} promesses relèvent d'une exception acceptée.",
    "state_unknown": "{n} promesse n'a pas pu être mesurée et ne compte pas comme tenue.|"
    "{n} promesses n'ont pas pu être mesurées et ne comptent pas comme tenues.",
    "state_away": "{names} n'a pas répondu : rien ne peut en être dit.|"
    "{names} n'ont pas répondu : rien ne peut en être dit.",
    "state_expired": "{n} exception est expirée : la règle normale s'applique de nouveau.|"
    "{n} exceptions sont expirées : la règle normale s'applique de nouveau.",
    "state_partial": "Examen partiel : {n} promesse n'a pas été examinée.|"
    "Examen partiel : {n} promesses n'ont pas été examinées.",
    "unit": "Une promesse est une règle de protection ; elle compte une fois par machine.",
    "disclaimer": "Ce rapport dit ce qui a été mesuré sur ces machines, à cette date. Ce n'est ni "
    "un certificat, ni une preuve de conformité au droit : il ne dit rien des locaux, des "
    "contrats, des usages, ni de ce qui n'a pas été mesuré.",
    "of": "sur {n}",
    "overview": "En un coup d'œil",
    "matrix": "Chaque signe est une promesse ; plus il est grand, plus elle est grave.",
    "theme": "Thème",
    "by_severity": "Taille selon la gravité :",
    "not_examined": "non examinée",
    "decide": "Ce qu'il faut décider",
    "decide_intro": "Pour chaque point : corriger, ou accepter par écrit une exception datée.",
    "decide_none": "Rien à décider : aucune promesse vérifiée n'est rompue.",
    "technical": "Texte technique complet",
    "seen": "Vu",
    "wanted": "Attendu",
    "fix": "Pour corriger",
    "measured": "Mesure",
    "waivers": "Exceptions acceptées",
    "waivers_none": "Aucune exception n'a été acceptée.",
    "waivers_intro": "Ces règles sont volontairement allégées, jusqu'à la date indiquée.",
    "until": "Jusqu'au {date}",
    "expired": "Expirée depuis le {date}",
    "soon": "expire dans {n} jour|expire dans {n} jours",
    "reason": "Motif",
    "compensating": "Mesure compensatoire",
    "approved_by": "Acceptée par",
    "set": "Valeurs fixées",
    "unmeasured": "Ce qui n'a pas pu être mesuré",
    "unmeasured_intro": "Non mesuré ne veut pas dire tenu : à revoir au prochain passage.",
    "unmeasured_none": "Tout ce qui s'applique a été mesuré.",
    "away": "n'a pas répondu",
    "away_detail": "{n} promesse reste sans réponse pour cette machine.|"
    "{n} promesses restent sans réponse pour cette machine.",
    "themes": "Par thème",
    "promise": "Promesse",
    "severity": "Gravité",
    "state": "État",
    "machines": "Machines",
    "elsewhere": "ailleurs ({n} machine)|ailleurs ({n} machines)",
    "hosts": "Par machine",
    "system": "Système",
    "addresses": "Adresses",
    "groups": "Groupes",
    "host_raw": "Relevés techniques de cette machine",
    "why": "Constat",
    "see": "voir plus haut",
    "verdict": "Verdict",
    "flows": "Registre des flux",
    "flows_intro": "Les seules communications que le pare-feu des machines autorise.",
    "flows_none": "Aucun flux n'est déclaré.",
    "flow_direction": "Sens",
    "flow_name": "Flux",
    "flow_hosts": "Machines",
    "flow_peers": "Avec qui",
    "flow_ports": "Ports",
    "flow_purpose": "Pour quoi",
    "flow_asked_by": "Demandé par",
    "direction_in": "entrant",
    "direction_out": "sortant",
    "map": "Dessin des flux",
    "map_label": "Dessin des flux : à gauche qui entre, au milieu les machines, à droite vers qui.",
    "map_in": "Qui entre",
    "map_hosts": "Machines du cabinet",
    "map_out": "Vers qui",
    "map_any": "Toute adresse, Internet compris",
    "over_time": "Les promesses au fil des passages",
    "applied": "Configuration appliquée",
    "applied_on": "Configuration appliquée le {date}",
    "annex": "Annexe technique",
    "versions": "Versions",
    "absent": "absent",
    "digest": "Empreinte du référentiel régional (SHA-256)",
    "run": "Passage",
    "run_detail": "du {started} au {finished}, {seconds} s",
    "references": "Sources de chaque promesse",
    "reference": "Sources",
    "sources": "Documents cités",
    "paris": "heure de Paris",
}

ENGLISH = {
    "document": "Protection of the practice's machines",
    "title": "Protection of the machines, practice {practice}",
    "practice": "Practice {practice}",
    "when": "Measured on {date}",
    "nothing": "No promise has been checked.",
    "kept": "{n} promise out of {total} is kept.|{n} promises out of {total} are kept.",
    "kept_all": "The one promise checked is kept.|All {n} promises are kept.",
    "state_decide": "{n} point calls for a decision|{n} points call for a decision",
    "state_critical": "{n} of them critical|{n} of them critical",
    "state_waived": "{n} promise falls under an accepted exception.|"
    "{n} promises fall under an accepted exception.",
    "state_unknown": "{n} promise could not be measured and does not count as kept.|"
    "{n} promises could not be measured and do not count as kept.",
    "state_away": "{names} did not answer: nothing can be said about it.|"
    "{names} did not answer: nothing can be said about them.",
    "state_expired": "{n} exception has expired: the usual rule applies again.|"
    "{n} exceptions have expired: the usual rules apply again.",
    "state_partial": "Partial examination: {n} promise was not examined.|"
    "Partial examination: {n} promises were not examined.",
    "unit": "A promise is a rule of protection; it counts once for each machine.",
    "disclaimer": "This report says what was measured on these machines, on this date. It is "
    "neither a certificate nor proof of legal compliance: it says nothing of premises, contracts "
    "and habits, nor of what was not measured.",
    "of": "of {n}",
    "overview": "At a glance",
    "matrix": "Each mark is a promise; the larger it is, the more severe.",
    "theme": "Theme",
    "by_severity": "Size by severity:",
    "not_examined": "not examined",
    "decide": "What has to be decided",
    "decide_intro": "For each point: put it right, or accept a dated exception in writing.",
    "decide_none": "Nothing to decide: no promise that was checked is broken.",
    "technical": "Full technical text",
    "seen": "Seen",
    "wanted": "Wanted",
    "fix": "To put right",
    "measured": "Measure",
    "waivers": "Accepted exceptions",
    "waivers_none": "No exception has been accepted.",
    "waivers_intro": "These rules are relaxed on purpose, until the date given.",
    "until": "Until {date}",
    "expired": "Expired since {date}",
    "soon": "expires in {n} day|expires in {n} days",
    "reason": "Reason",
    "compensating": "Compensating measure",
    "approved_by": "Approved by",
    "set": "Values set",
    "unmeasured": "What could not be measured",
    "unmeasured_intro": "Not measured does not mean kept: to be looked at again next time.",
    "unmeasured_none": "Everything that applies was measured.",
    "away": "did not answer",
    "away_detail": "{n} promise stays without an answer for this machine.|"
    "{n} promises stay without an answer for this machine.",
    "themes": "By theme",
    "promise": "Promise",
    "severity": "Severity",
    "state": "State",
    "machines": "Machines",
    "elsewhere": "elsewhere ({n} machine)|elsewhere ({n} machines)",
    "hosts": "By machine",
    "system": "System",
    "addresses": "Addresses",
    "groups": "Groups",
    "host_raw": "Technical readings of this machine",
    "why": "Finding",
    "see": "see above",
    "verdict": "Verdict",
    "flows": "Register of flows",
    "flows_intro": "The only communications that the machines' firewalls allow.",
    "flows_none": "No flow is declared.",
    "flow_direction": "Direction",
    "flow_name": "Flow",
    "flow_hosts": "Machines",
    "flow_peers": "With whom",
    "flow_ports": "Ports",
    "flow_purpose": "What for",
    "flow_asked_by": "Asked by",
    "direction_in": "inbound",
    "direction_out": "outbound",
    "map": "Drawing of the flows",
    "map_label": "Drawing of the flows: left who comes in, middle the machines, right where to.",
    "map_in": "Who comes in",
    "map_hosts": "The practice's machines",
    "map_out": "Where to",
    "map_any": "Any address, the Internet included",
    "over_time": "The promises, run after run",
    "applied": "Configuration applied",
    "applied_on": "Configuration applied on {date}",
    "annex": "Technical annex",
    "versions": "Versions",
    "absent": "absent",
    "digest": "Digest of the regional baseline (SHA-256)",
    "run": "Run",
    "run_detail": "from {started} to {finished}, {seconds} s",
    "references": "Sources of each promise",
    "reference": "Sources",
    "sources": "Documents cited",
    "paris": "Paris time",
}

LANGUAGES: Mapping[str, Mapping[str, str]] = {"fr": FRENCH, "en": ENGLISH}


@cache
def words(language: str) -> Mapping[str, str]:
    """The sentences of a language, typeset. ValueError: neither "fr" nor "en"."""
    if language not in LANGUAGES:
        raise ValueError(f"language: expected one of {sorted(LANGUAGES)}, read {language!r}")
    return {key: typeset(text, language) for key, text in LANGUAGES[language].items()}
