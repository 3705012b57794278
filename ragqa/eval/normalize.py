"""Answers brought to a form in which they can be compared, by language, as each language's benchmark defines it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from ragqa.answers import normalize as normalize_english

_CMRC = frozenset("-:_*^/\\~`+=，。：？！“”；’《》……·、「」（）－～『』,.?!;'\"()[]{}<>|@#$%&")


def normalize(text: str, language: str = "en") -> str:
    """The text as exact match compares it.

    English: SQuAD's rule (lower case, no ASCII punctuation, no articles). Chinese: CMRC 2018's (lower case, no
    punctuation, no blanks). Others: lower case, no punctuation (Unicode P), single blanks; articles stay.
    """
    if language == "en":
        return normalize_english(text)
    if language.startswith("zh"):
        return "".join(char for char in text.lower() if not (char.isspace() or _is_mark(char) or char in _CMRC))
    return " ".join("".join(char for char in text.lower() if not _is_mark(char)).split())


@lru_cache(65_536)
def answer_tokens(text: str, language: str = "en") -> tuple[str, ...]:
    """The words that F1 counts. Chinese is segmented in the mixed way of CMRC: a character of a script without blanks
    is a word, and so is a run of others.
    """
    if not language.startswith("zh"):
        return tuple(normalize(text, language).split())
    words, run = [], ""
    for char in text.lower().strip():
        alone = _is_ideograph(char)
        if run and (alone or char.isspace() or _is_mark(char) or char in _CMRC):
            words.append(run)
            run = ""
        if alone:
            words.append(char)
        elif not (char.isspace() or _is_mark(char) or char in _CMRC):
            run += char
    return (*words, run) if run else tuple(words)


def _is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("P")


def _is_ideograph(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf" or "\uf900" <= char <= "\ufaff"
