"""The words of a language that decide whether two answers say the same; a file for each language that has a list."""

from __future__ import annotations

from collections.abc import Sequence

from ragqa.documents import LANGUAGE
from ragqa.types import Hit
from ragqa.wording.arabic import ARABIC
from ragqa.wording.chinese import CHINESE
from ragqa.wording.english import ENGLISH
from ragqa.wording.french import FRENCH
from ragqa.wording.german import GERMAN
from ragqa.wording.japanese import JAPANESE
from ragqa.wording.korean import KOREAN
from ragqa.wording.neutral import NEUTRAL
from ragqa.wording.russian import RUSSIAN
from ragqa.wording.spanish import SPANISH
from ragqa.wording.words import Wording

__all__ = ["ENGLISH", "NEUTRAL", "Wording", "language_among", "wording_among", "wording_of"]

_KNOWN = {one.language: one for one in (ARABIC, CHINESE, ENGLISH, FRENCH, GERMAN, JAPANESE, KOREAN, RUSSIAN, SPANISH)}


def wording_of(language: str) -> Wording:
    """That of a language (as an index names it, "en"), or the neutral one."""
    return _KNOWN.get(language, NEUTRAL)


def wording_among(hits: Sequence[Hit], language: str) -> Wording:
    """That of the best hit's document, where the index recorded its language, else that of the index' ``language``."""
    return wording_of(language_among(hits, language))


def language_among(hits: Sequence[Hit], language: str) -> str:
    """The language of the best hit's document, where the index recorded it, else ``language``."""
    return str(hits[0].passage.meta.get(LANGUAGE, language)) if hits else language
