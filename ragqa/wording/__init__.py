"""The words of a language that decide whether two answers say the same; a file for each language that has a list."""

from __future__ import annotations

from ragqa.wording.english import ENGLISH
from ragqa.wording.neutral import NEUTRAL
from ragqa.wording.words import Wording

__all__ = ["ENGLISH", "NEUTRAL", "Wording", "wording_of"]

_KNOWN = {wording.language: wording for wording in (ENGLISH,)}


def wording_of(language: str) -> Wording:
    """That of a language (as an index names it, "en"), or the neutral one."""
    return _KNOWN.get(language, NEUTRAL)
