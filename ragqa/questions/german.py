"""German."""

from __future__ import annotations

from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, rules, whole_words

_PERIOD = (
    "sekunden? minuten? stunden? tage?n? nächte? nacht wochen? monate?n? jahre?n? jahrzehnte?n? jahrhunderte?n? "
    "quartale?"
)
_UNITS = _PERIOD.replace(" ", "|")

GERMAN = Asking(
    language="de",
    rules=rules(
        (r"\bunterschied(?:e)? zwischen\b|\bunterscheide[nt]\b|^vergleich", Kind.COMPARISON),
        (rf"\bwie lange?\b|\bwie viele (?:{_UNITS})\b", (Kind.DURATION, Kind.QUANTITY, Kind.NUMBER)),
        (r"\bwie (?:oft|häufig)\b", Kind.FREQUENCY),
        (r"\bwie viele\b", Kind.NUMBER),
        (r"\bwie teuer\b|\bwas kostet\b|\bwie viel (?:geld|kostet)\b", Kind.MONEY),
        (r"\bwie ?viel\b", (Kind.QUANTITY, Kind.NUMBER, Kind.MONEY, Kind.PERCENTAGE)),
        (r"\bwie (?:alt|hoch|groß|weit|tief|breit|schwer|schnell|heiß|kalt|warm)\b", Kind.QUANTITY),
        (r"\bwelche[rms]? (?:jahr|monat|tag|datum|jahrzehnt|jahrhundert)\b|\bum wie viel uhr\b", Kind.DATE),
        (r"\bwelcher prozentsatz\b|\bwie viel prozent\b", Kind.PERCENTAGE),
        (r"\bwann\b", Kind.OCCASION),
        (r"\bwarum\b|\bweshalb\b|\bwieso\b|\baus welchem grund\b", Kind.REASON),
        (r"^wie (?:kann|muss|soll|sollte|darf|mache|installiere) (?:ich|man|wir)\b", Kind.PROCEDURE),
        (r"\bwas bedeutet\b|\bwas versteht man unter\b", Kind.DEFINITION),
        (r"\bwer\b|\bwem\b|\bwen\b|\bwessen\b", Kind.PERSON),
        (r"\bwo\b|\bwohin\b|\bwoher\b", Kind.PLACE),
        (r"^(?:ist|sind|war|waren|hat|haben|kann|können|darf|dürfen|muss|müssen|gibt|wird|werden|soll|gilt)\b",
         Kind.YES_NO),
    ),
    amounts=whole_words(
        "halbe?[nrs]? hälfte drittel viertel fünftel zehntel mehrere einige keine?r? alle beide viele meisten "
        "dutzende? hunderte? tausende? einmal zweimal dreimal doppelt"
    ),
    periods=whole_words(_PERIOD + " täglich wöchentlich monatlich jährlich lebenslang unbefristet"),
    moments=whole_words(
        "montags? dienstags? mittwochs? donnerstags? freitags? samstags? sonntags? heute morgen gestern mittag "
        "mitternacht abends? frühling sommer herbst winter ostern weihnachten jahrhunderts? jahre?n? monate?n? tage?n?"
    ),
    alternatives=whole_words("oder"),
    leaning=whole_words("er sie es dies diese[rsmn]? das jedoch daher deshalb außerdem aber dann sonst ihre? seine?"),
)  # fmt: skip
