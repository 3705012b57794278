"""Answers brought to a form in which they can be compared, as the benchmark of each language defines it."""

from __future__ import annotations

import re
import string
import unicodedata
from functools import lru_cache

_ASCII_MARKS = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
# What CMRC 2018's evaluation takes out. Its list also has the ellipsis as a pair of characters, which, comparing one
# character at a time, it never meets; so "…", like ".", "%" and blanks, stays.
_CMRC = str.maketrans("", "", "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_CHINESE = "\u4e00-\u9fa5"
_WORD = rf"[^\s!-/:-@\[-`{{-~«»‘„{_CHINESE}]+"
_SEGMENTS = re.compile(rf"[{_CHINESE}]|{_WORD}(?:(?:\.|,(?=\d)){_WORD})*|'{_WORD}|\.{{2,}}|\S")


def normalize(text: str, language: str = "en") -> str:
    """The text as exact match compares it.

    English: SQuAD's rule (lower case, no ASCII punctuation, no articles). Chinese (zh, zh-hant …): CMRC 2018's (lower
    case, without its set of punctuation; blanks inside stay). Others: lower case, no punctuation (Unicode P), single
    blanks; articles stay.
    """
    if language == "en":
        return " ".join(_ARTICLES.sub(" ", text.lower().translate(_ASCII_MARKS)).split())
    if language.startswith("zh"):
        return text.lower().strip().translate(_CMRC)
    return " ".join("".join(char for char in text.lower() if not _is_mark(char)).split())


@lru_cache(65_536)
def answer_tokens(text: str, language: str = "en") -> tuple[str, ...]:
    """The words that F1 counts, of the normalised text.

    Chinese is segmented in the mixed way of CMRC 2018: each character from U+4E00 to U+9FA5 is a word, and what stands
    between is cut at blanks and at the punctuation that was left. For that CMRC takes NLTK's tokenizer; here a rule
    stands in for it, which keeps "3.5", "1,000" and "'s" whole but does not know its English contractions.
    """
    if language.startswith("zh"):
        return tuple(_SEGMENTS.findall(normalize(text, language)))
    return tuple(normalize(text, language).split())


def _is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("P")
