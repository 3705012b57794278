"""French."""

from __future__ import annotations

from ragqa.wording.words import Wording, in_order, words

_MONTHS = in_order("janvier février mars avril mai juin juillet août septembre octobre novembre décembre", 1)
_UNITS = in_order(
    "zéro _ deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf vingt",
    0,
)
_TENS = in_order("vingt trente quarante cinquante soixante", 20, 10)
_AFTER_TENS = in_order("_ _ deux trois quatre cinq six sept huit neuf", 0)

FRENCH = Wording(
    language="fr",
    negations=words("pas jamais sans aucun aucune ni rien personne"),
    articles=words("le la les un une des"),
    loose=words("à an année années ans au aux avec dans de du en environ pendant pour vers"),
    titles=words("m mm mme mlle monsieur madame roi reine pape président présidente général docteur"),
    qualifiers=words("nouvelle nouveau saint sainte nord sud est ouest haute haut basse bas vieux vieille non sans"),
    months=_MONTHS | {"fevrier": 2, "aout": 8, "decembre": 12},
    numbers=_UNITS
    | _TENS
    | {f"{ten}-{unit}": tens + units for ten, tens in _TENS.items() for unit, units in _AFTER_TENS.items()}
    | {"soixante-dix": 70, "septante": 70, "quatre-vingts": 80, "quatre-vingt": 80, "nonante": 90},
    scales={"cent": 100, "cents": 100, "mille": 10**3}
    | dict.fromkeys(("million", "millions"), 10**6)
    | dict.fromkeys(("milliard", "milliards"), 10**9),
    signs={"&": "et"},
    ordinals=("er", "re", "e", "ème", "eme"),
)
