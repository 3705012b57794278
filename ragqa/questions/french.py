"""French."""

from __future__ import annotations

from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, rules, whole_words

_PERIOD = (
    "secondes? minutes? heures? jours? journées? nuits? semaines? mois ans? années? décennies? siècles? trimestres?"
)
_UNITS = _PERIOD.replace(" ", "|")

FRENCH = Asking(
    language="fr",
    rules=rules(
        (r"\bdifférences? entre\b|^compare", Kind.COMPARISON),
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
        (r"^comment (?:faire|puis-je|peut-on|dois-je|doit-on|\w+er\b)", Kind.PROCEDURE),
        (r"\bque signifie\b|\bque veut dire\b|\bqu['’]est-ce qu['’]une?\b", Kind.DEFINITION),
        (r"^(?:à |de |par |avec |pour )?qui\b", Kind.PERSON),
        (r"\boù\b", Kind.PLACE),
        (r"^est-ce qu", Kind.YES_NO),
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
)  # fmt: skip
