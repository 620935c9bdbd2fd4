"""The sentences of the page about what was open, with plain spaces and straight apostrophes."""

FRENCH = {
    "story": "Ce qui était ouvert, ce qui reste à faire",
    "story_still": "ouvert",
    "story_shut": "refermé",
    "story_see": "Une porte a été trouvée ouverte : la page suivante dit laquelle, et que faire.",
    "story_lead_closed": "Ce qui était ouvert n'a plus été retrouvé.",
    "story_found": "Ce qui est ouvert, ou l'était",
    "story_whom": "À qui",
    "story_when": "Depuis quand",
    "story_since": "au moins depuis le {day}",
    "story_once": "vu le {day}",
    "story_before": "pas encore le {day}",
    "story_nobody": "avant, personne n'a regardé",
    "story_gone": "plus retrouvé le {day}",
    "story_closed": "Ce qui est fermé, ou tient",
    "story_closed_none": "Rien de mesuré à ce passage.",
    "story_mended": "rompue le {before}, tenue le {now}",
    "story_mended_apply": "rompue le {before}, tenue le {now}, après la configuration appliquée "
    "par Socle le {applied}",
    "story_holds": "tenue à ce passage",
    "story_todo": "Ce qui vous reste à faire",
    "story_todo_look": "Regarder de nouveau depuis une autre ligne, celle d'un téléphone : "
    "`socle exposure attest inventories/{practice}`.",
    "story_law": "Ce que demande la loi",
    "story_law_items": "**Est-ce une violation ?** Oui si des données de patients ont été lues, "
    "changées ou perdues par qui n'y avait pas droit. Une porte ouverte ne dit pas si quelqu'un "
    "est entré : il faut lire les journaux, et évaluer le risque pour les patients.|"
    "**{hours} heures** (art. 33 du RGPD) : notifier à la CNIL, par son téléservice, {hours} "
    "heures au plus après en avoir eu connaissance, sauf si un risque pour les personnes est "
    "improbable.|"
    "**Les patients** (art. 34) : les informer si le risque est élevé pour eux. C'est une autre "
    "obligation, qui ne remplace pas la précédente.|"
    "**Le registre interne** (art. 33, § 5) : y écrire toute violation, même non notifiée.|"
    "**La sécurité** (art. 32) : le médecin en répond ; l'erreur d'un prestataire ne l'exonère "
    "pas (CNIL, SAN-2020-015).|"
    "**La nuance de 2022** : le Conseil d'État (22 juillet 2022, n°\u00a0449694) a confirmé le "
    "manquement à la sécurité, annulé la sanction au titre de l'article 33 parce que l'autorité "
    "avait elle-même révélé la violation, et ramené l'amende à 2 500 €. La question se pose donc "
    "autrement quand c'est la CNIL qui vous l'apprend ; demandez conseil.",
    "story_incident": "Gardez les preuves avant qu'elles ne s'effacent : "
    "`socle incident inventories/{practice} --known DATE` les rassemble, les signe et prépare les "
    "réponses à la CNIL (`docs/fr/incident.md`).",
    "story_disclaimer": "Cette page dit ce qui a été mesuré. Elle ne dit ni si la loi est "
    "respectée, ni s'il y a eu violation : le responsable de traitement en juge, conseillé au "
    "besoin.",
}

ENGLISH = {
    "story": "What was open, and what is left to do",
    "story_still": "open",
    "story_shut": "closed again",
    "story_see": "A door was found open: the next page says which one, and what to do.",
    "story_lead_closed": "What was open was not found any more.",
    "story_found": "What is open, or was",
    "story_whom": "To whom",
    "story_when": "Since when",
    "story_since": "at least since {day}",
    "story_once": "seen on {day}",
    "story_before": "not yet on {day}",
    "story_nobody": "nobody looked before",
    "story_gone": "not found any more on {day}",
    "story_closed": "What is closed, or holds",
    "story_closed_none": "Nothing was measured in this run.",
    "story_mended": "broken on {before}, kept on {now}",
    "story_mended_apply": "broken on {before}, kept on {now}, after the configuration that Socle "
    "applied on {applied}",
    "story_holds": "kept in this run",
    "story_todo": "What is left for you to do",
    "story_todo_look": "Look again from another line, a phone's: "
    "`socle exposure attest inventories/{practice}`.",
    "story_law": "What the law asks (France)",
    "story_law_items": "**Is it a breach?** Yes if patients' data were read, changed or lost by "
    "who had no right to. An open door does not tell whether somebody came in: the logs have to "
    "be read, and the risk for the patients weighed.|**{hours} hours** (GDPR, art. 33): notify "
    "the CNIL, on its web service, {hours} hours at most after coming to know of it, unless a "
    "risk for people is unlikely.|**The patients** (art. 34): tell them if the risk is high for "
    "them. This is another duty, which does not take the place of the one before.|**The internal "
    "register** (art. 33(5)): write every breach down, also one that is not "
    "notified.|**Security** (art. 32): the doctor answers for it; an IT provider's mistake is no "
    "excuse (CNIL, SAN-2020-015).|**The nuance of 2022**: the Conseil d'État (22 July 2022, "
    "no.\u00a0449694) confirmed the failure of security, annulled the penalty under article 33 "
    "because the authority itself had revealed the breach, and reduced the fine to 2,500 €. So "
    "the question is another one when it is the CNIL that tells you; take advice.",
    "story_incident": "Keep the evidence before it is gone: "
    "`socle incident inventories/{practice} --known DATE` gathers it, signs it and prepares the "
    "answers to the CNIL (`docs/en/incident.md`).",
    "story_disclaimer": "This page says what was measured. It says neither that the law is "
    "complied with, nor whether there was a breach: the controller judges that, with advice where "
    "needed.",
}
