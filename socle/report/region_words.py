"""The sentences of the region's page, in French and in English; written as in words.py."""

FRENCH = {
    "region_document": "Protection des machines de la région",
    "region_title": "Vue régionale",
    "region_when": "Établie le {date}",
    "region_lead": "{machines} de {practices}.",
    "region_practices": "{n} cabinet|{n} cabinets",
    "region_machines": "{n} machine|{n} machines",
    "region_none": "Aucune preuve n'a pu être lue.",
    "region_kept": "{share} % des promesses applicables sont tenues "
    "({n} sur {total} ; une promesse compte une fois par machine).",
    "region_failing": "{n} promesse n'est pas tenue quelque part.|"
    "{n} promesses ne sont pas tenues quelque part.",
    "region_unknown": "{n} réponse n'a pas pu être obtenue et ne compte pas comme bonne.|"
    "{n} réponses n'ont pas pu être obtenues et ne comptent pas comme bonnes.",
    "region_old_machines": "{n} machine n'a plus donné de preuve depuis plus de {days} jours : "
    "tout y est « non mesuré ».|{n} machines n'ont plus donné de preuve depuis plus de {days} "
    "jours : tout y est « non mesuré ».",
    "region_silent_machines": "{n} machine déclarée par son cabinet n'a jamais envoyé de preuve : "
    "tout y est « non mesuré ».|{n} machines déclarées par leur cabinet n'ont jamais envoyé de "
    "preuve : tout y est « non mesuré ».",
    "region_silent_practices": "{n} cabinet attendu n'a rien envoyé.|"
    "{n} cabinets attendus n'ont rien envoyé.",
    "region_claimed": "Dans {n} cabinet, une machine en déclare d'autres que personne ne confirme "
    "et qui n'ont rien envoyé : elles ne sont pas comptées.|Dans {n} cabinets, des machines en "
    "déclarent d'autres que personne ne confirme et qui n'ont rien envoyé : elles ne sont pas "
    "comptées.",
    "region_back": "{n} machine compte par une preuve plus ancienne qu'avant : la plus récente "
    "manque.|{n} machines comptent par des preuves plus anciennes qu'avant : les plus récentes "
    "manquent.",
    "region_differing": "{n} preuve porte des verdicts qui ne sont pas ceux de ses réponses ; "
    "toutes celles du même signataire ont été jugées à nouveau.|{n} preuves portent des verdicts "
    "qui ne sont pas ceux de leurs réponses ; toutes celles des mêmes signataires ont été jugées "
    "à nouveau.",
    "region_shared": "{n} nom est celui de plusieurs cabinets, ou d'une machine réinstallée : "
    "personne ne remplace personne.|{n} noms sont ceux de plusieurs cabinets, ou de machines "
    "réinstallées : personne ne remplace personne.",
    "region_expected": "{n} cabinet était attendu ; {heard} ont envoyé une preuve.|"
    "{n} cabinets étaient attendus ; {heard} ont envoyé une preuve.",
    "region_unsigned": "{n} machine a une preuve qui n'est signée par personne de connu : "
    "rien n'en est compté comme bon.|{n} machines ont une preuve qui n'est signée par personne "
    "de connu : rien n'en est compté comme bon.",
    "region_signed": "Les signatures ont été vérifiées.",
    "region_not_signed": "Les signatures n'ont pas été vérifiées : rien ne dit qui a fourni ces "
    "preuves, ni si elles ont été modifiées.",
    "region_older": "{n} preuve plus ancienne, ou en double, est laissée de côté.|"
    "{n} preuves plus anciennes, ou en double, sont laissées de côté.",
    "region_renewed": "{n} machine a été réinstallée ; la preuve la plus récente compte.|"
    "{n} machines ont été réinstallées ; la preuve la plus récente compte.",
    "region_vouched": "Non signées",
    "region_refused": "{n} fichier n'a pas pu être lu comme preuve ; il n'est pas compté.|"
    "{n} fichiers n'ont pas pu être lus comme preuves ; ils ne sont pas comptés.",
    "region_unjudged": "{n} preuve n'a pas pu être jugée : tout y est « non mesuré ».|"
    "{n} preuves n'ont pas pu être jugées : tout y est « non mesuré ».",
    "region_again": "{n} machine : jugée à nouveau par les contrôles de ce Socle.|"
    "{n} machines : jugées à nouveau par les contrôles de ce Socle.",
    "region_declared": "{n} machine : verdicts déclarés par le cabinet.|"
    "{n} machines : verdicts déclarés par les cabinets.",
    "region_sample": "Une preuve sur {share} de chaque signataire, tirée au sort et au moins une, "
    "et toute preuve qui annonce un mieux ont été jugées à nouveau ici.",
    "region_declared_asked": "C'est un choix (--judge none) : ils peuvent venir de contrôles plus "
    "anciens, et rien n'a été jugé à nouveau.",
    "region_baseline": "Les réglages ont été recalculés avec un autre référentiel (--baseline).",
    "region_how": "Comment cette page a été faite",
    "region_disclaimer": "Cette page compte ce qui a été mesuré, machine par machine, au jour de "
    "chaque preuve ; les exceptions sont jugées à ce jour. Ce n'est ni un certificat, ni une "
    "preuve de conformité au droit. Les réglages, les groupes et les exceptions sont ceux que le "
    "cabinet a déclarés.",
    "region_codes": "Les cabinets sont désignés par un code. Aucun nom de cabinet, de machine ni "
    "de personne ne figure ici.",
    "region_by_control": "Par promesse",
    "region_by_control_intro": "Part des machines concernées, la promesse la moins tenue d'abord.",
    "region_share": "Répartition",
    "region_by_practice": "Par cabinet",
    "region_by_practice_intro": "Les cabinets où le plus grave n'est pas tenu d'abord. Une "
    "promesse compte une fois par cabinet.",
    "region_more_practices": "Et {n} cabinet de plus, dans le tableau CSV.|"
    "Et {n} cabinets de plus, dans le tableau CSV.",
    "region_code": "Code",
    "region_judged": "Jugées ici, déclarées",
    "region_broken": "Non tenues",
    "region_severe": "dont critiques, élevées",
    "region_unmeasured": "Non mesurées",
    "region_age": "Âge (jours)",
    "region_fresh": "fraîche",
    "region_old": "incomplète",
    "region_silent": "rien reçu",
    "region_by_age": "Par âge de la preuve",
    "region_by_age_intro": "Une preuve dit ce qui était vrai ce jour-là. Au-delà de {days} jours, "
    "elle ne compte plus.",
    "region_days": "{start} à {end} jours",
    "region_days_over": "plus de {end} jours",
    "region_by_version": "Par version",
    "region_by_version_intro": "Avec quoi les preuves ont été recueillies.",
    "region_socle": "Socle",
    "region_digest": "Référentiel (empreinte)",
    "region_current": "celui d'ici",
    "region_other_version": "non reconnue",
    "region_more_versions": "{n} autre version|{n} autres versions",
    "region_not_applicable": "sans objet partout",
}
ENGLISH = {
    "region_document": "Protection of the region's machines",
    "region_title": "The region's view",
    "region_when": "Made on {date}",
    "region_lead": "{machines} of {practices}.",
    "region_practices": "{n} practice|{n} practices",
    "region_machines": "{n} machine|{n} machines",
    "region_none": "No evidence could be read.",
    "region_kept": "{share}% of the promises that apply are kept "
    "({n} of {total}; a promise counts once a machine).",
    "region_failing": "{n} promise is not kept somewhere.|{n} promises are not kept somewhere.",
    "region_unknown": "{n} answer could not be had and does not count as good.|"
    "{n} answers could not be had and do not count as good.",
    "region_old_machines": "{n} machine has given no evidence for more than {days} days: all of it "
    'is "not measured".|{n} machines have given no evidence for more than {days} days: all of them '
    'is "not measured".',
    "region_silent_machines": "{n} machine that its practice declares never sent evidence: all of "
    'it is "not measured".|{n} machines that their practices declare never sent evidence: all of '
    'them is "not measured".',
    "region_silent_practices": "{n} expected practice sent nothing.|"
    "{n} expected practices sent nothing.",
    "region_claimed": "In {n} practice a machine declares others that nobody confirms and that "
    "sent nothing: they are not counted.|In {n} practices machines declare others that nobody "
    "confirms and that sent nothing: they are not counted.",
    "region_back": "{n} machine counts by older evidence than before: the newest is missing.|"
    "{n} machines count by older evidence than before: the newest is missing.",
    "region_differing": "{n} bundle has verdicts that are not what its answers give; all of that "
    "signer's were judged again.|{n} bundles have verdicts that are not what their answers give; "
    "all of those signers' were judged again.",
    "region_shared": "{n} name is that of several practices, or of a machine that was installed "
    "anew: nobody replaces anybody.|{n} names are those of several practices, or of machines that "
    "were installed anew: nobody replaces anybody.",
    "region_expected": "{n} practice was expected; {heard} sent evidence.|"
    "{n} practices were expected; {heard} sent evidence.",
    "region_unsigned": "{n} machine has evidence not signed by anyone known: nothing of it "
    "counts as good.|{n} machines have evidence not signed by anyone known: nothing of it counts "
    "as good.",
    "region_signed": "Signatures were checked.",
    "region_not_signed": "Signatures were not checked: nothing says who gave this evidence, nor "
    "whether it was altered.",
    "region_older": "{n} older, or repeated, piece of evidence is left aside.|"
    "{n} older, or repeated, pieces of evidence are left aside.",
    "region_renewed": "{n} machine was installed anew; the newest evidence counts.|"
    "{n} machines were installed anew; the newest evidence counts.",
    "region_vouched": "Not signed",
    "region_refused": "{n} file could not be read as evidence; it is not counted.|"
    "{n} files could not be read as evidence; they are not counted.",
    "region_unjudged": 'One piece of evidence could not be judged: all of it is "not measured".|'
    '{n} pieces of evidence could not be judged: all of them is "not measured".',
    "region_again": "{n} machine: judged again by the checks of this Socle.|"
    "{n} machines: judged again by the checks of this Socle.",
    "region_declared": "{n} machine: verdicts declared by the practice.|"
    "{n} machines: verdicts declared by the practices.",
    "region_sample": "One bundle in {share} of each signer, drawn by lot and at least one, and "
    "each that says something got better were judged again here.",
    "region_declared_asked": "This was asked for (--judge none): they may come from older checks, "
    "and nothing was judged again.",
    "region_baseline": "Settings were resolved again with another baseline (--baseline).",
    "region_how": "How this page was made",
    "region_disclaimer": "This page counts what was measured, machine by machine, on the day of "
    "each piece of evidence; exceptions are judged by that day. It is no certificate and no proof "
    "of legal conformity. Settings, groups and exceptions are those that the practice declared.",
    "region_codes": "Practices go by a code. No name of a practice, a machine or a person is here.",
    "region_by_control": "By promise",
    "region_by_control_intro": "Share of the machines concerned, the least kept promise first.",
    "region_share": "Share",
    "region_by_practice": "By practice",
    "region_by_practice_intro": "Those first where the gravest is not kept. A promise counts once "
    "a practice.",
    "region_more_practices": "And {n} more practice, in the CSV table.|"
    "And {n} more practices, in the CSV table.",
    "region_code": "Code",
    "region_judged": "Judged here, declared",
    "region_broken": "Not kept",
    "region_severe": "of these critical, high",
    "region_unmeasured": "Not measured",
    "region_age": "Age (days)",
    "region_fresh": "fresh",
    "region_old": "incomplete",
    "region_silent": "nothing received",
    "region_by_age": "By age of the evidence",
    "region_by_age_intro": "Evidence says what was true that day. Beyond {days} days it no "
    "longer counts.",
    "region_days": "{start} to {end} days",
    "region_days_over": "more than {end} days",
    "region_by_version": "By version",
    "region_by_version_intro": "With what the evidence was collected.",
    "region_socle": "Socle",
    "region_digest": "Baseline (digest)",
    "region_current": "the one here",
    "region_other_version": "not recognised",
    "region_more_versions": "{n} other version|{n} other versions",
    "region_not_applicable": "applies nowhere",
}
