"""German."""

from __future__ import annotations

from ragqa.wording.words import Wording, in_order, words

_MONTHS = in_order("januar februar märz april mai juni juli august september oktober november dezember", 1)
_SHORT = in_order("jan feb mär apr _ jun jul aug sep okt nov dez", 1)
_OTHER = {"jänner": 1, "feber": 2, "sept": 9, "mrz": 3}
_UNITS = in_order(
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn",
    0,
)
_TENS = in_order("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig", 20, 10)
_BEFORE_TENS = in_order("_ ein zwei drei vier fünf sechs sieben acht neun", 0)

GERMAN = Wording(
    language="de",
    negations=words("nicht kein keine keinen keinem keiner keines nie niemals ohne weder nichts niemand"),
    capitals=False,
    articles=words("der die das den dem des ein eine einen einem einer eines"),
    loose=words("am an ca circa etwa für im in jahr jahre jahren rund um ungefähr von mit uhr"),
    months=_MONTHS | _SHORT | _OTHER,
    numbers=_UNITS
    | _TENS
    | {"zwo": 2, "dreissig": 30}
    | {f"{unit}und{ten}": tens + units for unit, units in _BEFORE_TENS.items() for ten, tens in _TENS.items()},
    scales={"hundert": 100, "tausend": 10**3}
    | dict.fromkeys(("million", "millionen", "mio"), 10**6)
    | dict.fromkeys(("milliarde", "milliarden", "mrd"), 10**9),
    signs={"%": "prozent", "&": "und"},
    grouping=".",
)
