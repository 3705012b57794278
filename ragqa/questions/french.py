"""French."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.stating import Stating, contraries, named, replacing
from ragqa.questions.words import Asking, rules, small, whole_words
from ragqa.wording.words import words

_PERIOD = (
    "secondes? minutes? heures? jours? journées? nuits? semaines? mois ans? années? décennies? siècles? trimestres?"
)
_UNITS = _PERIOD.replace(" ", "|")

_ELIDED = (r"\b([cdjlmnst]|qu)['’](?=\w)", r"\1e ")
_INVERTED = r"(?<=\w)-(?:t-)?"
_STATING = Stating(
    helpers=named(
        "be: est sont suis, was: était étaient, got: fut furent, have: a ont, had: avait avaient, can: peut peuvent "
        "peux puis pouvons pouvez, must: doit doivent dois devons devez faut, could: pourrait pourraient, "
        "should: devrait devraient, would: serait seraient aurait auraient, will: sera seront, been: été"
    ),
    denials=words("pas plus jamais aucun aucune non guère"),
    places=("framed",),
    frames=words("ne"),
    hedges=words(
        "si sauf que seulement uniquement exclusivement mais cependant toutefois bien quoique lorsque quand tandis "
        "pendant jusque jusqu avant après dès depuis encore presque quasiment parfois souvent rarement généralement "
        "normalement habituellement peut-être peutêtre probablement éventuellement partiellement partie plupart "
        "certains certaines quelques plusieurs moins ou ni sans dit affirme affirmé prétend serait seraient pourrait "
        "pourraient devrait devraient prévu prévue environ condition hormis excepté faux"
    ),
    pointing=words("il elle ils elles ce cela ça cet cette ces"),
    fillers=words("aussi également déjà maintenant actuellement donc ainsi"),
    wholes=words("tous toutes toujours tout toute chaque entièrement"),
    same=contraries(
        "autorisé permis ! interdit, autorisée permise ! interdite, autorisés permis ! interdits, "
        "autorisées permises ! interdites, ouvert ! fermé, ouverte ! fermée, ouverts ! fermés, ouvertes ! fermées, "
        "possible ! impossible, disponible ! indisponible, activé ! désactivé, inclus compris ! exclu, "
        "obligatoire ! facultatif, admis ! interdits refusés"
    ),
    persons=words("je on nous vous tu"),
    adds=words("et"),
    follows=words("car parce qui où"),
    beside=words("en à au aux dans sur par"),
    past=words("was got had"),
    present=words("be"),
    yes=words("oui"),
    no=words("non"),
    answering={"can>must!": False},
    asking=replacing((r"^\s*est-ce qu(?:e |['’])", ""), (_INVERTED + r"(?:il|elle|ils|elles)\b", ""),
                     (_INVERTED + r"(?=(?:on|je|nous|vous|tu)\b)", " "), _ELIDED, (r"^il y a\b", "y a")),
    saying=replacing((r"\bil n['’]y (a|avait)\b", r"y ne \1"), (r"\bil y (a|avait)\b", r"y \1"),
                     (r"\bpas (?:de |d['’])", "pas "), _ELIDED),
)  # fmt: skip

FRENCH = Asking(
    language="fr",
    rules=rules(
        (r"\bdifférences? entre\b|^compare", Kind.COMPARISON),
        (r"^(?:quel .*)?\bnuméro de (?:fax|télécopie|téléphone|portable)\b", Kind.PHONE),
        (r"\badresse (?:e-?mail|électronique|mail)\b", Kind.MAIL),
        (r"\bcode postal\b|\bnuméro de (?:compte|série|client)\b", Kind.CODE),
        (r"\bquel (?:est le )?(?:numéro de )?port\b(?! (?:de|du|le|d['’]))|\bport par défaut\b", Kind.PORT),
        (rf"\bcombien de (?:temps|{_UNITS})\b|\bquelle (?:est la )?durée\b", (Kind.DURATION, Kind.NUMBER)),
        (r"\bà quelle fréquence\b|\bcombien de fois par\b", Kind.FREQUENCY),
        (r"\bcombien (?:ça |cela )?coûte|\bquel (?:est le )?(?:prix|coût|tarif)\b", Kind.MONEY),
        (r"\bquel pourcentage\b", Kind.PERCENTAGE),
        (r"\bcombien\b", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE)),
        (r"\bquel(?:le)? (?:année|mois|jour|date|siècle|décennie|heure)\b", Kind.DATE),
        (r"\bquel(?:le)? (?:est (?:la|le) )?(?:taille|hauteur|profondeur|longueur|largeur|vitesse|âge|température)\b",
         Kind.QUANTITY),
        (r"\bquand\b", Kind.OCCASION),
        (r"\bpourquoi\b|\bpour quelle raison\b", Kind.REASON),
        (r"^comment (?:faire|puis-je|peut-on|dois-je|doit-on|\w+er\b)"
         r"|^comment (?:fonctionne|.{1,80}\bfonctionne(?:-t-|nt\b|$))"
         r"|^comment (?:est|sont) (?:\w+ ){0,4}?(?!appel|nomm|surnomm)\w+é(?:e|s|es)?\b", Kind.PROCEDURE),
        (r"\bque signifie\b|\bque veut dire\b|\bqu['’]est-ce qu['’]une?\b"
         r"|^qu['’]est-ce que (?:l['’]|(?:le|la|les) )?[\w-]+$"
         r"|^(?:explique|décri[st]|décrive)(?:z|r)?\b", Kind.DEFINITION),
        (r"^(?:à |de |par |avec |pour )?qui\b", Kind.PERSON),
        (r"\boù\b", Kind.PLACE),
        (r"^est-ce qu|^(?!.*\b(?:que|qu|quoi|quel|quels|quelle|quelles|lequel|laquelle|lesquels|lesquelles|comment)\b)"
         r".*\w(?<!rendez)-(?:t-)?(?:il|elle|ils|elles|on|je|nous|vous|tu)\b", Kind.YES_NO),
    ),
    amounts=whole_words(
        "moitié tiers quart quarts cinquième dixième plusieurs quelques aucune? toute?s? tous deux beaucoup plupart "
        "douzaine centaines? milliers? une fois deux double"
    ),
    periods=whole_words(_PERIOD + " quotidien hebdomadaire mensuel annuel indéterminée vie"),
    moments=whole_words(
        "lundi mardi mercredi jeudi vendredi samedi dimanche aujourd['’]hui demain hier midi minuit matin soir "
        "printemps été automne hiver pâques noël siècle années? mois jours?"
    ),
    alternatives=whole_words("ou"),
    leaning=whole_words("il elle ils elles ce cet cette ces cela ceci cependant donc ainsi toutefois mais puis"),
    plural=re.compile(r"\bquel(?:le)?s\b|^qui (?:sont|étaient)\b"),
    stating=_STATING,
    comparing=comparing(
        (r"\bdifférences? entre (?P<one>.{1,80}?) et (?P<other>.{1,80})$",
         r"^compare[rz]? (?P<one>.{1,80}?) (?:et|à|avec) (?P<other>.{1,80})$"), "Qu'est-ce que {} ?"),
    marks=small(
        "le la les l un une des du de d et ou à au aux en dans pour par sur avec est sont était qui que quoi quel "
        "quelle quels "
        "quelles quand où comment pourquoi combien ce c cette ces ne pas se son sa ses peut on il elle est-ce qu "
        "a-t-il je faut"
    ),
    named=True,
)  # fmt: skip
