"""Romanian. The letters with a comma below are often written with a cedilla."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, rules, small, whole_words

_PERIOD = (
    "secund[eă] minute?(?:le)? minut or[eăa] zile?(?:le)? zi nop[țţ]i s[aă]pt[aă]m[aâ]n[iăa] lun[iăa] ani?i? "
    "decenii? secole? trimestr[eu]"
)
_UNITS = _PERIOD.replace(" ", "|")
_NO_OTHER = r"(?!.*\b(?:ce|cine|cui|care|c[aâ]nd|c[aâ]t\w*|unde|cum)\b)"

ROMANIAN = Asking(
    language="ro",
    rules=rules(
        (r"\bdiferen[țţ][aăe](?:le)? (?:dintre|între)\b|^compar[aăi]\b", Kind.COMPARISON),
        (r"\bcât de des\b|\bde câte ori pe\b|\bla ce interval\b", Kind.FREQUENCY),
        (rf"\bcât timp\b|\bcâ[tț][eiţ]i? (?:de )?(?:{_UNITS})\b|\bcât (?:durează|a durat|ține)\b",
         (Kind.DURATION, Kind.NUMBER)),
        (r"\bcât (?:costă|a costat|costau)\b|\bce preț (?:are|au)\b|\bcare (?:este|e) prețul\b", Kind.MONEY),
        (r"\bce procent\b|\bcât la sută\b", Kind.PERCENTAGE),
        (r"\bcât de (?:înalt|mare|lung|lat|adânc|greu|departe|vechi|bătrân)", Kind.QUANTITY),
        (r"\bcâ(?:t|tă|te|ți|ţi)\b(?! de\b)", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE, Kind.DURATION)),
        (r"\bce (?:an|lună|zi|dată|secol|deceniu|oră)\b", Kind.DATE),
        (r"^de ce\b(?! (?:culoare|fel|tip|vârstă|mărime)\b)"
         r"|\bdin ce (?:motiv|cauză)\b|^care (?:este|e|a fost) motivul\b",
         Kind.REASON),
        (r"^cum (?:pot|putem|se poate|trebuie|fac|funcționează|să)\b", Kind.PROCEDURE),
        (r"\bce (?:înseamnă|se înțelege prin)\b|^ce (?:este|e) (?:un|o) [\w-]+$", Kind.DEFINITION),
        (r"^(?:care (?:este|e) )?numărul? de (?:telefon|fax)\b", Kind.PHONE),
        (r"^(?:de |cu |pe |la |pentru |de la )?(?:cine|cui)\b", Kind.PERSON),
        (r"^(?:de |pe )?unde\b", Kind.PLACE),
        (r"^(?:de |până )?când\b", Kind.OCCASION),
        (rf"^(?:este|sunt|pot|poate|există|trebuie|se poate|se pot|am voie)\b{_NO_OTHER}", Kind.YES_NO),
    ),
    amounts=whole_words(
        r"unul? una? o doi două trei patru cinci șase şase șapte şapte opt nouă zece \w+sprezece \w+zeci \w*sute? "
        r"sută mie mii "
        r"milioane? miliarde? jumătate sfert treime dublul? câ[țţ]iva câteva ni[cș]iun\w* toate to[țţ]i amb\w+ "
        "mul[țţ]i multe majoritate\\w* zero"
    ),
    periods=whole_words(_PERIOD + " zilnic săptămânal lunar anual via[țţ]ă via[țţ]a"),
    moments=whole_words(
        "luni lunea mar[țţ]i marțea miercuri miercurea joi joia vineri vinerea sâmbăt[aă] duminic[aă] azi astăzi "
        "mâine ieri "
        "prânz amiază miezul diminea[țţ]\\w* sear[aă] noapte\\w* primăvar\\w+ var[aă] toamn[aă] iarn[aă] paș\\w+ "
        "crăciun\\w* "
        "secol\\w* an(?:ul|i|ii)? lun[aă] zi(?:ua|le)? ianuarie februarie martie aprilie mai iunie iulie august "
        "septembrie "
        "octombrie noiembrie decembrie"
    ),
    alternatives=whole_words("sau"),
    plural=re.compile(r"^(?:\w+ )?care sunt\b|^cine sunt\b"),
    comparing=comparing(
        (r"\bdiferen[țţ][aăe](?:le)? (?:dintre|între) (?P<one>.{1,80}?) [șş]i (?P<other>.{1,80})$",
         r"^compară (?P<one>.{1,80}?) (?:și|cu) (?P<other>.{1,80})$"), "Ce este {}?"),
    marks=small(
        "și şi de la în din pe cu pentru un o unei unui al ale ce cine cui care când cât câtă câte câți câţi unde cum "
        "este "
        "sunt a au se nu să după prin până dacă fost este-i poate pot trebuie are"
    ),
)  # fmt: skip
