"""Turkish. Endings hang on words, so most patterns are beginnings of words."""

from __future__ import annotations

import re

from ragqa.questions.comparing import comparing
from ragqa.questions.kinds import Kind
from ragqa.questions.words import Asking, rules, small, whole_words

_PERIOD = r"saniye\w* dakika\w* saat\w* gün\w* gece\w* hafta\w* ay(?:a|da|ı|lık|lar\w*|dan)? yıl\w* sene\w* yüzyıl\w*"
_UNITS = _PERIOD.replace(" ", "|")
_NO_OTHER = r"(?!.*\b(?:kim\w*|nere\w*|kaç\w*|hangi\w*|nasıl|neden|niçin|niye)\b)"

TURKISH = Asking(
    language="tr",
    rules=rules(
        (r"\barasında(?:ki)? (?:ne )?fark", Kind.COMPARISON),
        (r"\bne sıklık\w+\b|\bne kadar sık\b|\bkaç (?:günde|haftada|ayda|yılda|saatte) bir\b", Kind.FREQUENCY),
        (rf"\bne kadar (?:süre|zaman)\w*\b|\bkaç (?:{_UNITS})\b|\bne kadar sür",
         (Kind.DURATION, Kind.NUMBER, Kind.DATE)),
        (r"\bkaç (?:lira|para)\w*\b|\b(?:ücret|fiyat|bedel)\w* (?:ne kadar|kaç|nedir)", Kind.MONEY),
        (r"\byüzde kaç", Kind.PERCENTAGE),
        (r"\bkaç(?:a|ta|tan|ıncı)?\b|\bne kadar\w*\b",
         (Kind.NUMBER, Kind.QUANTITY, Kind.MONEY, Kind.PERCENTAGE, Kind.DURATION, Kind.DATE)),
        (r"\bhangi (?:yıl|ay|gün|tarih|yüzyıl|saat)\w*\b", Kind.DATE),
        (r"\b(?:neden|niçin|niye)\b|\bne sebeple\b|\bsebebi ne\w*\b", Kind.REASON),
        (r"\bnasıl \w+(?:r[ıiuü]m|bil\w+|mal[ıi]y[ıi]m|meliyim|yap[ıi]l[ıi]r|çalışır)$", Kind.PROCEDURE),
        (r"\bne demek\w*\b|\bne anlama gel|^[\w-]+ nedir$", Kind.DEFINITION),
        (r"\b(?:telefon|faks) numarası(?: (?:ne|kaç)\w*)?$", Kind.PHONE),
        (r"\b(?:kim|kime|kimi|kimin|kimden|kimler|kimdir|kimdi|kiminle)\b", Kind.PERSON),
        (r"\bnere(?:de|ye|den|si|dedir|sidir)\b", Kind.PLACE),
        (r"\bne zaman\w*\b", Kind.OCCASION),
        (rf"^.*\bm[ıiuü](?:d[ıiuü]r|y[ıiuü]m|y[ıiuü]z|s[ıiuü]n|s[ıiuü]n[ıiuü]z|yd[ıiuü])?$(?<!ya){_NO_OTHER}",
         Kind.YES_NO),
    ),
    amounts=whole_words(
        r"bir\w* iki\w* üç\w* dörd?t?\w* beş\w* altı\w* yedi\w* sekiz\w* dokuz\w* on(?:a|u|da|dan|un|ar|unu|luk)? "
        r"yirmi\w* otuz\w* "
        r"kırk\w* elli\w* altmış\w* yetmiş\w* seksen\w* doksan\w* yüz\w* bin\w* milyon\w* milyar\w* yarı\w* çeyre\w+ "
        r"birkaç "
        r"hiç\w* tüm\w* bütün hepsi\w* çoğ\w+ ücretsiz\w* sıfır"
    ),
    periods=whole_words(_PERIOD + r" günlük haftalık yıllık ömür\w* süresiz"),
    moments=whole_words(
        r"pazartesi\w* salı\w* çarşamba\w* perşembe\w* cuma\w* cumartesi\w* pazar\w* bugün\w* yarın\w* dün öğle\w* "
        r"sabah\w* "
        r"akşam\w* gece\w* ilkbahar\w* bahar\w* yaz\w* sonbahar\w* güz\w* kış\w* bayram\w* yüzyıl\w* yıl\w* ay\w* "
        r"gün\w* saat\w* "
        r"ocak\w* şubat\w* mart\w* nisan\w* mayıs\w* haziran\w* temmuz\w* ağustos\w* eylül\w* ekim\w* kasım\w* "
        r"aralık\w*"
    ),
    alternatives=whole_words("yoksa"),
    plural=re.compile(r"^(?:\w+ )?hangi \w+l[ae]r"),
    comparing=comparing(
        (r"^(?P<one>.{1,80}?) (?:ile|ve) (?P<other>.{1,80}?) arasında(?:ki)? (?:ne )?fark",), "{} nedir?"),
    marks=small(
        "ve ile bir bu şu o için ne kim kime kimin kimi nerede nereye nereden nasıl neden niçin niye kaç hangi kadar "
        "zaman mı "
        "mi mu mü var yok olan olarak nedir hangisi hangisidir kimdir da de en daha gibi sonra önce kaçta"
    ),
)  # fmt: skip
