"""In which language a question is, by the small words in it: so which lists of words it is read with.

People ask in another language than that of the documents, and "Was ist …?" is no English question that begins with
"was". Pure functions of texts.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ragqa.questions.arabic import ARABIC
from ragqa.questions.chinese import CHINESE
from ragqa.questions.dutch import DUTCH
from ragqa.questions.english import ENGLISH
from ragqa.questions.french import FRENCH
from ragqa.questions.german import GERMAN
from ragqa.questions.greek import GREEK
from ragqa.questions.hindi import HINDI
from ragqa.questions.italian import ITALIAN
from ragqa.questions.portuguese import PORTUGUESE
from ragqa.questions.romanian import ROMANIAN
from ragqa.questions.russian import RUSSIAN
from ragqa.questions.spanish import SPANISH
from ragqa.questions.thai import THAI
from ragqa.questions.turkish import TURKISH
from ragqa.questions.vietnamese import VIETNAMESE
from ragqa.questions.words import LETTERS, Asking

_ALL = (
    *(ARABIC, CHINESE, DUTCH, ENGLISH, FRENCH, GERMAN, GREEK, HINDI, ITALIAN, PORTUGUESE, ROMANIAN, RUSSIAN),
    *(SPANISH, THAI, TURKISH, VIETNAMESE),
)
_KNOWN = {one.language: one for one in _ALL}
_NONE = Asking("", ())
_WORD = re.compile(f"[{LETTERS}]+")
_ANYWHERE = replace(ENGLISH, rules=tuple(rule for rule in ENGLISH.rules if not rule[0].pattern.startswith("^")))
_NO_HEADS = replace(_ANYWHERE, heads=())


def asking_words(language: str) -> Asking:
    """The words of a language; empty lists for one that has none."""
    return _KNOWN.get(language, _NONE)


def tables_of(text: str, language: str) -> tuple[Asking, ...]:
    """The lists to read a question with (in lower case), those to be asked first before the others: of the languages
    that most of its small words belong to, among which that of the documents counts one word more.

    English technical terms stand in questions of every language. So a question that is not in English is read last with
    those English rules that are bound to no beginning, and with the nouns of English keywords if its own language is
    not known.
    """
    words = set(_WORD.findall(text))
    counts = {one: _count(one, text, words) for one in _ALL}
    scores = {one: count + (one.language == language) for one, count in counts.items()}
    most = max(scores.values())
    spoken = sorted((one for one in _ALL if most and scores[one] == most), key=lambda one: _order(one, language))
    if ENGLISH in spoken:
        return tuple(spoken)
    return (*spoken, _NO_HEADS if any(counts[one] for one in spoken) else _ANYWHERE)


def _order(table: Asking, language: str) -> tuple[bool, bool]:
    """The documents' language first, English last."""
    return table.language != language, table is ENGLISH


def _count(table: Asking, text: str, words: set[str]) -> int:
    """How many of a language's small words stand in a text; where no blanks part words, anywhere in it."""
    return len(table.marks & words) if table.blanks else sum(mark in text for mark in table.marks)
