"""Dutch."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, rules, small, whole_words

_PERIOD = (
    "seconden? minuten? minuut uur uren dagen? dag nachten? weken? week maand(?:en)? jaar jaren decennia eeuw(?:en)? "
    "kwartaal"
)
_UNITS = _PERIOD.replace(" ", "|")

DUTCH = Asking(
    language="nl",
    rules=rules(
        (r"\bverschil(?:len)? tussen\b|^vergelijk\b", Kind.COMPARISON),
        (r"\bhoe vaak\b|\bhoeveel keer per\b", Kind.FREQUENCY),
        (rf"\bhoe ?lang\b|\bhoeveel (?:tijd|{_UNITS})\b", (Kind.DURATION, Kind.QUANTITY, Kind.NUMBER)),
        (r"\b(?:wat|hoeveel) kost(?:te|en)?\b|\bwat is de prijs\b|\bhoeveel geld\b|\bhoe duur\b", Kind.MONEY),
        (r"\bwelk percentage\b|\bhoeveel procent\b", Kind.PERCENTAGE),
        (r"\bhoeveel\b", (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE)),
        (r"\bhoe (?:oud|hoog|ver|diep|breed|zwaar|snel|dik|warm)\b", Kind.QUANTITY),
        (r"\bwelke? (?:jaar|maand|dag|datum|eeuw|weekdag)\b|\bhoe laat\b", Kind.DATE),
        (r"^waarom\b|\bom welke reden\b|^waardoor\b|^hoe komt het\b|^wat (?:is|was) de reden\b", Kind.REASON),
        (r"^hoe (?:werkt|kan|kun|moet|doe|maak|installeer) (?:ik|je|men|we|u|een|de|het)\b", Kind.PROCEDURE),
        (r"\bwat (?:betekent|verstaat men onder|houdt .{1,60} in$)|^wat is een [\w-]+$", Kind.DEFINITION),
        (r"^(?:wat is .*)?\b(?:telefoon|fax)nummer\b", Kind.PHONE),
        (r"^(?:door |met |aan |van |voor |bij )?(?:wie|wiens)\b", Kind.PERSON),
        (r"^(?:vanaf )?waar\b", Kind.PLACE),
        (r"^(?:tot |sinds |vanaf )?wanneer\b", Kind.OCCASION),
        (r"^(?:is|zijn|was|waren|heeft|hebben|kan|kun|kunnen|mag|mogen|moet|moeten|wordt|worden|werd|werden|bestaat|bestaan|"
         r"geldt)\b", Kind.YES_NO),
    ),
    amounts=whole_words(
        r"een één twee drie vier vijf zes zeven acht negen tien elf twaalf \w+tien \w*twintig \w*dertig \w*veertig "
        r"\w*vijftig \w*zestig \w*zeventig \w*tachtig \w*negentig \w*honderd\w* \w*duizend\w* miljoen(?:en)? miljard "
        "halve? helft derde kwart enkele meerdere verscheidene geen alle allemaal beide veel meeste tientallen dozijn "
        "eenmaal tweemaal driemaal dubbele? nul"
    ),
    periods=whole_words(_PERIOD + " dagelijks wekelijks maandelijks jaarlijks levenslang onbepaalde"),
    moments=whole_words(
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag vandaag morgen gisteren middag middernacht ochtend "
        "avond nacht lente zomer herfst winter pasen kerst eeuw jaren? jaar maand dagen? dag januari februari maart "
        "april "
        "mei juni juli augustus september oktober november december"
    ),
    alternatives=whole_words("of"),
    plural=re.compile(
        r"^wie (?:zijn|waren)\b|^(?:\w+ )?welke (?:\w+ )?\w+(?:en|s) (?:zijn|waren|worden|hebben|mogen|moeten)\b"
    ),
    comparing=comparing(
        (r"\bverschil(?:len)? tussen (?P<one>.{1,80}?) en (?P<other>.{1,80})$",
         r"^vergelijk (?P<one>.{1,80}?) (?:en|met) (?P<other>.{1,80})$"), "Wat is {}?"),
    marks=small(
        "de het een van voor met op aan bij naar uit over en of te is zijn wordt worden werd wie wat waar wanneer "
        "waarom "
        "waardoor hoe hoeveel hoelang welke welk ik je u men niet dat die deze dit kan kun mag moet heeft hebben ze hij"
    ),
)  # fmt: skip
