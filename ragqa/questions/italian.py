"""Italian."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, rules, small, whole_words

_PERIOD = (
    "second[oi] minut[oi] or[ae] giorn[oi] giornat[ae] nott[ei] settiman[ae] mes[ei] ann[oi] decennio? secol[oi] "
    "trimestr[ei]"
)
_UNITS = _PERIOD.replace(" ", "|")
_NO_OTHER = r"(?!.*\b(?:chi|cosa|qual[ei]?|quando|quant\w+|dove|perché|come)\b)"

ITALIAN = Asking(
    language="it",
    rules=rules(
        (r"\bdifferenz[ae] (?:tra|fra)\b|^confronta\b", Kind.COMPARISON),
        (r"\bogni quanto\b|\bcon (?:che|quale) frequenza\b|\bquante volte (?:al|alla|all|per)\b", Kind.FREQUENCY),
        (rf"\bquanto tempo\b|\bquant[ie] (?:{_UNITS})\b|\bquanto dur[aò]\b", (Kind.DURATION, Kind.NUMBER)),
        (r"\bquanto (?:costa|costano|costò|costava)\b|\bqual è il (?:prezzo|costo)\b", Kind.MONEY),
        (r"\b(?:che|quale|qual è la) percentuale\b", Kind.PERCENTAGE),
        (r"\bquant[oaie]\b", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE, Kind.DURATION)),
        (r"\b(?:che|quale) (?:anno|mese|giorno|data|secolo|decennio|ora|orario)\b", Kind.DATE),
        (r"^perché\b|\bcome mai\b|\bper quale (?:motivo|ragione)\b|^qual è (?:il motivo|la ragione)\b", Kind.REASON),
        (r"^come (?:posso|devo|faccio|funziona|si (?:fa|può|deve)|\w+(?:are|ere|ire)\b)", Kind.PROCEDURE),
        (r"\bcosa (?:significa|vuol dire|si intende per)\b"
         r"|^(?:che )?cos['’]è (?:un |una |un['’])?[\w-]+$",
         Kind.DEFINITION),
        (r"^(?:qual\b.*)?\bnumero di (?:telefono|fax|cellulare)\b", Kind.PHONE),
        (r"^(?:a |di |da |con |per )?chi\b", Kind.PERSON),
        (r"^(?:da |di )?dove\b", Kind.PLACE),
        (r"^(?:da |fino a )?quando\b", Kind.OCCASION),
        (rf"^(?:è|sono|posso|può|possono|si può|si possono|c['’]è|ci sono|esiste|esistono|"
         rf"devo|deve|bisogna)\b{_NO_OTHER}",
         Kind.YES_NO),
    ),
    amounts=whole_words(
        "un[oa]? due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
        r"diciassette diciotto diciannove vent\w* trent\w* quarant\w* cinquant\w* sessant\w* settant\w* ottant\w* "
        r"novant\w* \w*cento \w*mila mille milion[ei] miliard[oi] metà mezz[oa] terz[oi] quart[oi] alcun[ie] "
        r"nessun[oa]? "
        "tutt[ie] entramb[ie] molt[ie] maggioranza decin[ae] centinaia migliaia doppio zero"
    ),
    periods=whole_words(_PERIOD + " quotidian[oaie] settimanale mensile annuale vita"),
    moments=whole_words(
        "lunedì martedì mercoledì giovedì venerdì sabato domenica oggi domani ieri mezzogiorno mezzanotte mattin[oa] "
        "pomeriggio sera notte primavera estate autunno inverno pasqua natale secolo anno anni mese giorno giorni "
        "gennaio "
        "febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
    ),
    alternatives=whole_words("o oppure"),
    plural=re.compile(r"^(?:\w+ )?quali\b|^chi (?:sono|erano|furono)\b"),
    comparing=comparing(
        (r"\bdifferenz[ae] (?:tra|fra) (?P<one>.{1,80}?) e (?P<other>.{1,80})$",
         r"^confronta (?P<one>.{1,80}?) (?:e|con) (?P<other>.{1,80})$"), "Che cos'è {}?"),
    marks=small(
        "il lo la gli le i un una uno di del della dei degli delle dell in nel nella nei nelle che chi cosa qual "
        "quale quali "
        "quando quanto quanti quanta quante dove perché come è sono fu furono per con non al alla ai alle dal dalla "
        "si può "
        "posso bisogna questo questa ogni suo sua"
    ),
)  # fmt: skip
