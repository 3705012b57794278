"""In which language a text is: scripts that belong to one language by their letters, all others by py3langid."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ragqa.characters import HAN, HANGUL
from ragqa.errors import StorageError

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LOOKED_AT = 4_000  # characters: more tell no more
SURE = 0.7  # py3langid's probability, below which a text counts as of no language
OTHER = "other"
_ENOUGH = 60  # letters, from which on a text is judged for a warning
_LETTERS = 3  # of other scripts say as much as one Chinese character
_OWN = {
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "ta": "\u0b80-\u0bff",
    "th": "\u0e01-\u0e4e",
    "lo": "\u0e81-\u0edf",
    "my": "\u1000-\u103f\u1050-\u109f",
    "ko": HANGUL,
    "km": "\u1780-\u17dd",
    "kana": "\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff",
    "han": HAN,
}
_OTHER = rf"(?P<other>[^\W\d_{''.join(_OWN.values())}]+)"
_SCRIPT = re.compile("|".join([_OTHER, *(f"(?P<{name}>[{letters}]+)" for name, letters in _OWN.items())]))
_KANA_SHARE = 0.15  # of Han and Kana: Japanese has a third and more, Chinese has them in names only
_KIN = {"arz": "ar", "ary": "ar", "nn": "no", "yue": "zh", "wuu": "zh"}


def detected(text: str) -> str:
    """The code of the language that most of a text's beginning is in (ISO 639, as py3langid has them), "" where it does
    not tell. The same text gives the same language.
    """
    text = text[:LOOKED_AT]
    best = by_script(text)
    if best != OTHER:
        return best
    language, probability = _identifier().classify(text)
    return _KIN.get(language, language) if probability >= SURE else ""


def seeming(text: str) -> str:
    """As `detected`, but where a script of several languages is all that tells, and py3langid is not installed or the
    text has few letters, it is `OTHER`: a warning about the language may stay away rather than be wrong.
    """
    found = by_script(text)
    few = sum(map(str.isalpha, text)) < _ENOUGH
    if found != OTHER or few or find_spec("py3langid") is None:
        return found
    try:
        return detected(text)
    except StorageError:
        return OTHER


def by_script(text: str) -> str:
    """The code of the language whose own script most of a text is in, `OTHER` where that is a script of several
    languages, "" of a text without letters.
    """
    counts = Counter[str]()
    for match in _SCRIPT.finditer(text):
        counts[str(match.lastgroup)] += len(match[0])
    if not counts:
        return ""
    kana, han = counts.pop("kana", 0), counts.pop("han", 0)
    if kana + han:
        counts["ja" if kana > _KANA_SHARE * (kana + han) else "zh"] = _LETTERS * (kana + han)
    return max(sorted(counts), key=counts.__getitem__)


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)  # unpacked into a temporary file
    except OSError as error:
        raise StorageError(f"py3langid's model cannot be unpacked: {error}") from error
