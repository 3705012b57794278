"""Which encoding of one byte a character a text is in, by what its languages look like.

Each candidate is a pair of an encoding and a language. Its score is the logarithm of how likely the characters beyond
ASCII are in that language (frequencies in percent of running text, rounded), with a penalty wherever a character
stands where none of its kind does: a capital after a small letter, a sign inside a word, letters of two scripts side by
side. Candidates that decode the text alike count as one. The time taken is bounded, as no more than `SAMPLE` bytes are
looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import log

SAMPLE = 8_192  # bytes of lines that have something beyond ASCII
SURE = 3.0  # a lead in nats: about twenty to one
_PENALTY = -5.0
_UNKNOWN = 0.0003  # the probability of a character that the language hardly ever has
_WESTERN = ("cp1252", "mac_roman", "cp437", "cp850")
_CENTRAL = ("cp1250", "iso8859_2", "cp852", "mac_latin2")
_RARE = -2.0  # for encodings of systems that few files come from today
_SIGNS = "“”‘’„‚«»‹›–—…•·°§€£¥©®™½¼¾×÷±µ²³¿¡ªº†\xa0"
_SIGNS_SHARE = 0.25  # of the characters beyond ASCII
_APOSTROPHES = "’'"
# fmt: off
_LANGUAGES: Mapping[str, tuple[tuple[str, ...], str]] = {  # encodings, and letters with their frequencies
    "English": (_WESTERN, "é6 è1 ê1 ï1 ö1 ü1 ñ1 ç1 à1 á1 ó1 í1 ä1 ô1"),
    "French": (_WESTERN, "é190 è27 ê20 à49 ç9 ô3 û6 ù6 î5 â5 ë1 ï1 œ2 æ1"),
    "German": (_WESTERN, "ä58 ö44 ü99 ß31 é1"),
    "Spanish": (_WESTERN, "á50 é43 í72 ó83 ú17 ñ31 ü2"),
    "Portuguese": (_WESTERN, "á12 à7 â10 ã73 ç53 é34 ê45 í13 ó30 ô10 õ10 ú20"),
    "Italian": (_WESTERN, "à63 è26 é5 ì5 ò10 ù17"),
    "Swedish": (_WESTERN, "å134 ä180 ö130 é2"),
    "Danish": (_WESTERN, "æ87 ø94 å119 é2"),
    "Finnish": (_WESTERN, "ä358 ö44 å1"),
    "Icelandic": (_WESTERN, "í160 á180 ð439 ó99 þ145 ý23 æ87 ö78 é65 ú61"),
    "Polish": (_CENTRAL, "ą100 ć40 ę110 ł180 ń20 ó85 ś70 ź6 ż83"),
    "Czech": (_CENTRAL, "á220 č95 ď2 é130 ě160 í320 ň2 ó3 ř120 š80 ť4 ú10 ů70 ý100 ž99"),
    "Slovak": (_CENTRAL, "á190 ä10 č100 ď20 é110 í120 ĺ1 ľ60 ň30 ó10 ô20 š90 ť50 ú80 ý100 ž90"),
    "Hungarian": (_CENTRAL, "á360 é390 í50 ó130 ö80 ő90 ú20 ü60 ű30"),
    "Romanian": (_CENTRAL, "ă190 â70 î130 ş110 ţ120"),
    "Croatian": (_CENTRAL, "č150 ć60 š100 ž60 đ20"),
    "Turkish": (("cp1254", "cp857", "mac_turkish"), "ç116 ğ112 ı511 ö78 ş178 ü185 â2 î1 i̇9"),
    "Lithuanian": (("cp1257",), "ą60 č45 ę20 ė160 į60 š120 ų140 ū45 ž90"),
    "Latvian": (("cp1257",), "ā400 č10 ē170 ģ20 ī170 ķ10 ļ30 ņ60 š180 ū50 ž30"),
    "Greek": (("cp1253", "iso8859_7", "cp737"),
              "α1100 ο980 ι900 ε850 τ820 σ450 ς400 ν650 η500 υ430 ρ420 π400 κ400 μ330 λ300 ω160 γ170 δ170 χ120 θ100 "
              "φ80 β70 ξ60 ζ35 ψ15 ά120 έ130 ή130 ί220 ό200 ύ70 ώ60 ϊ2 ϋ1 ΐ1"),
    "Russian": (("cp1251", "koi8_r", "cp866", "mac_cyrillic"),
                "о1090 е850 а800 и740 н670 т630 с550 р470 в450 л440 к350 м320 д300 п280 у260 я200 ы190 ь170 г170 з160 "
                "б160 ч140 й120 х97 ж94 ш70 ю60 ц50 щ40 э30 ф30 ъ4 ё10"),
    "Ukrainian": (("cp1251", "koi8_u"),
                  "о940 а830 и610 н680 і570 т550 в520 р470 е460 с450 к350 м310 д300 л360 у270 п280 я210 з230 ь180 г160 "
                  "б170 ч130 й130 х110 ж70 ю90 ц80 є60 ї60 ш70 щ40 ф30 ґ2"),
    "Hebrew": (("cp1255",), "י1100 ה1090 ו1040 ל740 א630 ר560 ת500 ב470 ש450 מ480 ם300 נ280 ע320 ד260 ח250 ק210 פ170 "
                            "כ190 ט120 ג120 צ120 ס150 ז130 ן100 ך80 ץ20 ף20"),
    "Arabic": (("cp1256",), "ا1250 ل1120 ي680 م650 و610 ن630 ر470 ت480 ب370 ع380 د320 ه370 ف280 س300 ك240 ق250 أ220 "
                            "ح190 ج140 ة220 ش120 ص100 ى90 خ100 إ80 ض70 ذ70 ز60 ث50 ط90 غ50 ء40 ئ30 ظ20 ؤ10 آ10"),
    "Thai": (("cp874",), "า800 น700 ร650 ก520 เ440 ง430 อ550 ม370 ย330 ล330 ว340 ั360 ่400 ้300 ด270 ท260 ี280 ิ240 "
                         "ส280 ต240 ะ200 ป170 บ150 ค220 ห220 แ160 จ140 พ130 ุ120 ู90 ข110 ใ80 ไ110 โ80 ช120 ์120 ื80 "
                         "ผ50 ถ60 ซ50 ธ40 ำ70 ็60 ณ40 ศ40 ษ30 ฐ20 ญ20 ภ30 ฟ20"),
}
# fmt: on
_HIGH = re.compile(r"[^\x00-\x7f]")
_HIGH_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*\n?")


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding; ``doubt`` says in words what else it may be, and is empty where nothing else comes near."""

    name: str
    doubt: str = ""


def guess(raw: bytes) -> Guess:
    """The likeliest encoding of a text with bytes beyond ASCII; Windows-1252 where none is likely."""
    sample = _sample(raw)
    ranked: dict[str, tuple[float, str]] = {}  # text → its best score, and the encoding that gave it first
    for name, languages in _encodings().items():
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        rarity = 0.0 if name.startswith(("cp12", "koi8", "cp874")) else _RARE
        score = rarity + _misplaced(text) + max(_likelihood(text, language) for language in languages)
        ranked[text] = max(ranked.get(text, (float("-inf"), "")), (score, name), key=lambda pair: pair[0])
    if not ranked:
        return Guess("cp1252", "not in any encoding that ragqa knows, so read as cp1252; name it with --encoding")
    (best, name), *others = sorted(ranked.values(), key=lambda pair: -pair[0])
    if others and best - others[0][0] < SURE:
        return Guess(name, f"its encoding is a guess: {name}, perhaps {others[0][1]}; name it with --encoding")
    return Guess(name)


def _sample(raw: bytes) -> bytes:
    taken, length = [], 0
    for line in _HIGH_LINE.finditer(raw):
        taken.append(line[0][: SAMPLE - length])
        length += len(taken[-1])
        if length >= SAMPLE:
            break
    return b"".join(taken)


@cache
def _encodings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for language, (encodings, _) in _LANGUAGES.items():
        for encoding in encodings:
            found.setdefault(encoding, []).append(language)
    return found


@cache
def _profile(language: str) -> dict[str, float]:
    """Logarithms of the shares that characters beyond ASCII have among all such in a language, small letters only."""
    counts = {entry.rstrip("0123456789"): int(entry.lstrip(entry.rstrip("0123456789"))) for entry in _split(language)}
    total = sum(counts.values())
    profile = {char: log((1 - _SIGNS_SHARE) * count / total) for char, count in counts.items()}
    return {**{sign: log(_SIGNS_SHARE / len(_SIGNS)) for sign in _SIGNS}, **profile}


def _split(language: str) -> list[str]:
    return _LANGUAGES[language][1].split()


def _likelihood(text: str, language: str) -> float:
    profile, unknown = _profile(language), log(_UNKNOWN)
    return sum(profile.get(char.lower(), unknown) for char in _HIGH.findall(text))


def _misplaced(text: str) -> float:
    """Penalties for characters beyond ASCII that stand where none of their kind does."""
    found = 0
    for match in _HIGH.finditer(text):
        at = match.start()
        found += _is_misplaced(text[at - 1 : at], match[0], text[at + 1 : at + 2])
    return _PENALTY * found


def _is_misplaced(before: str, char: str, after: str) -> bool:
    if not char.isalpha():
        between = before.isalpha() and after.isalpha() and not (_is_thai(before) or _is_thai(after))
        return between and char not in _APOSTROPHES and char != "·" and not _is_thai(char)
    if any(near.isalpha() and _is_latin(near) != _is_latin(char) for near in (before, after)):
        return True
    return char.isupper() and (before.islower() or not (before + after).strip(" \t\r\n"))


def _is_latin(char: str) -> bool:
    return char < "\u0250" or "\u1e00" <= char <= "\u1eff"


def _is_thai(char: str) -> bool:
    return "\u0e00" <= char <= "\u0e7f"
