"""German."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.stating import Stating, contraries, named, replacing
from ragqa.questions.words import Asking, rules, small, whole_words
from ragqa.wording.words import words

_PERIOD = (
    "sekunden? minuten? stunden? tage?n? nächte? nacht wochen? monate?n? jahre?n? jahrzehnte?n? jahrhunderte?n? "
    "quartale?"
)
_UNITS = _PERIOD.replace(" ", "|")

_STATING = Stating(
    helpers=named(
        "be: ist sind bin, was: war waren, have: hat haben habe, had: hatte hatten, will: wird werden, "
        "got: wurde wurden, can: kann können darf dürfen, must: muss müssen muß, should: soll sollen sollte sollten, "
        "could: könnte könnten dürfte dürften, would: würde würden wäre wären, been: worden geworden"
    ),
    denials=words("nicht nie niemals kein keine keinen keinem keiner keines"),
    places=("last", "end", "beside"),
    bare=words("kein keine keinen keinem keiner keines"),
    hedges=words(
        "wenn falls sofern solange ob außer ausser nur bloß lediglich allein sondern aber jedoch doch obwohl "
        "obgleich während bis bevor ehe nachdem sobald teilweise teils meist meistens fast beinahe nahezu kaum "
        "selten manchmal oft häufig gewöhnlich normalerweise grundsätzlich wahrscheinlich vermutlich vielleicht "
        "eventuell möglicherweise angeblich offenbar soll sollen sollte sollten könnte könnten dürfte dürften würde "
        "würden wäre wären einige manche viele wenige mehr weniger höchstens mindestens oder weder noch ohne dass "
        "daß behauptet behauptete sagte heißt geplant vorgesehen erwartet ungefähr etwa vor nach seit ab erst sonst "
        "bedingt"
    ),
    pointing=words("es er sie dies diese dieser dieses"),
    fillers=words("auch bereits schon jetzt derzeit zurzeit daher deshalb somit außerdem"),
    wholes=words("alle immer stets jeder jede jedes sämtliche ganz vollständig"),
    same=contraries(
        "erlaubt gestattet zulässig ! verboten untersagt unzulässig, geöffnet offen ! geschlossen, "
        "möglich ! unmöglich, gültig ! ungültig, verfügbar ! unverfügbar, aktiviert ! deaktiviert, "
        "inbegriffen enthalten ! ausgeschlossen, vorgeschrieben verpflichtend ! freiwillig"
    ),
    persons=words("ich man wir du"),
    adds=words("und"),
    follows=words("weil denn da"),
    beside=words("in im an am auf für mit von vom bei beim zu zum zur"),
    past=words("was got had"),
    present=words("be"),
    yes=words("ja"),
    no=words("nein"),
    answering={"can>must!": False},
    verb_first=True,
    saying=replacing((r"\bnicht mehr\b", "nicht"), (r"\b(kein\w*) ([^.,;]{1,40}?) mehr\b", r"\1 \2")),
)  # fmt: skip

GERMAN = Asking(
    language="de",
    rules=rules(
        (r"\bunterschied(?:e)? zwischen\b|\bunterscheide[nt]\b|^vergleich", Kind.COMPARISON),
        (r"^(?:(?:wie|was|welche)\b.*)?\b(?:telefax|fax|telefon|handy|ruf|mobil)nummer\b", Kind.PHONE),
        (r"^(?:wie|was) .*\b(?:e-?mail-?adresse|mailadresse)\b|\bwelche e-?mail", Kind.MAIL),
        (r"\bwelche[nmr]? port\b|\bportnummer\b|\bstandardport\b", Kind.PORT),
        (r"^(?:wie|was|welche) .*\b(?:postleitzahl|plz|iban|kontonummer|kundennummer|seriennummer)\b", Kind.CODE),
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
        (r"^wie (?:kann|muss|soll|sollte|darf|mache|installiere) (?:ich|man|wir)\b|^wie funktionier(?:t|en)\b"
         r"|^wie (?:wird|werden) "
         r"(?!.*\b(?:genannt|geschrieben)$).*\b(?:\w*ge\w+(?:t|en)|(?:be|er|ver)\w+(?:t|en)|\w+iert)$"
         r"|^wie kann .*\b\w+en werden$", Kind.PROCEDURE),
        (r"\bwas bedeutet\b|\bwas versteht man unter\b|^was (?:ist|sind) (?:eine? )?[\w-]+$"
         r"|^was ist eine? [\w-]+ [\w-]+$"
         r"|^(?:erkläre?|beschreibe?|erläutere?)n?(?: sie)?\b", Kind.DEFINITION),
        (r"\bwer\b|\bwem\b|\bwen\b|\bwessen\b", Kind.PERSON),
        (r"\bwo\b|\bwohin\b|\bwoher\b", Kind.PLACE),
        (r"^(?:ist|sind|war|waren|hat|haben|kann|können|darf|dürfen|muss|müssen|gibt|wird|werden|wurden?|soll|sollen|gilt|"
         r"gelten|braucht|brauchen|existiert|existieren|will|wollen)\b",
         Kind.YES_NO),
    ),
    amounts=whole_words(
        "halbe?[nrs]? hälfte drittel viertel fünftel zehntel mehrere einige keine?r? alle beide viele meisten "
        "eine?[nmr]? dutzende? hunderte? tausende? einmal zweimal dreimal doppelt"
    ),
    periods=whole_words(_PERIOD + " täglich wöchentlich monatlich jährlich lebenslang unbefristet"),
    moments=whole_words(
        "montags? dienstags? mittwochs? donnerstags? freitags? samstags? sonntags? heute morgen gestern mittag "
        "mitternacht abends? frühling sommer herbst winter ostern weihnachten jahrhunderts? jahre?n? monate?n? tage?n?"
    ),
    alternatives=whole_words("oder"),
    leaning=whole_words("er sie es dies diese[rsmn]? das jedoch daher deshalb außerdem aber dann sonst ihre? seine?"),
    plural=re.compile(
        r"^(?:\w+ )?welche (?:\w+ ){0,2}?\w+(?:e|en|er|n|s) (?:sind|waren|haben|hatten|gibt|werden|können|müssen|"
        r"dürfen|gehören|stehen|liegen|gelten)\b|^(?:wer|was|welche) (?:sind|waren)\b|^nenne\b"
    ),
    stating=_STATING,
    comparing=comparing(
        (
            r"^(?:was|wer|welche[rs]?(?: \w+)?) (?:ist|war) (?P<by>\w+)[,:]? (?P<one>[^,]{1,80}?),? oder "
            r"(?P<other>[^,]{1,80})$",
            r"^(?:ist|sind|war|waren) (?P<one>.{1,80}?) (?P<by>\w+) als (?P<other>.{1,80})$",
            r"\bunterschiede? zwischen (?P<one>.{1,80}?) und (?P<other>.{1,80})$",
            r"^vergleiche? (?P<one>.{1,80}?) (?:und|mit) (?P<other>.{1,80})$",
        ),
        "Was ist {}?",
        "Wie alt ist {}?: älter jünger, Wie groß ist {}?: größer kleiner, Wie lang ist {}?: länger kürzer, "
        "Wie hoch ist {}?: höher niedriger, Wie schwer ist {}?: schwerer leichter, "
        "Wie schnell ist {}?: schneller langsamer, Was kostet {}?: teurer billiger günstiger",
    ),
    marks=small(
        "der die das den dem des ein eine einen einem einer eines und oder von vom zu zum zur mit für auf aus bei im "
        "am nach ist sind "
        "wird werden wurde wurden hat haben kann können darf muss müssen soll gibt nicht wer wem wen wessen wo wohin "
        "woher wann "
        "warum weshalb wieso wie viele viel welche welcher welches welchen welchem lange oft kostet bedeutet heißt "
        "ich man wir "
        "sich es sie er dass nur auch wenn"
    ),
)  # fmt: skip
