"""From text to the terms of BM25, by language. Indexing and asking use the same `Analyzer`, so terms are equal.

* Languages that Tantivy stems: words (runs of letters and digits), in lower case, without Tantivy's stop words where it
  has a list, as Snowball stems. English is also folded to ASCII, so that "Beyonce" finds Beyoncé. The other languages
  are not folded, because accents tell their words apart and their stemmers expect them.
* ``simple``: words as they stand, in lower case, for every other language that puts blanks between words.
* ``zh``: words by jieba in search mode (long words and the words inside them), in lower case.

Text is first normalised (`ragqa.normalized`), so that "é" in one or two code points, the ligature "ﬁ", full-width
digits and words with soft hyphens are found. If a script without blanks is indexed under another language than ``zh``,
each run of characters is one term, and only whole runs are found.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import tantivy
from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

from ragqa.errors import ConfigError, MissingExtra
from ragqa.normalized import plain

if TYPE_CHECKING:
    import jieba

_STEMMED = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
_WITHOUT_STOP_WORDS = {"ar", "el", "ro", "ta", "tr"}  # Tantivy has no list
_LONGEST = 128  # bytes of UTF-8; what is longer is data, not a word
_WORD = r"[\w--_]+"  # with combining marks, which Tantivy's faster simple tokenizer takes for blanks

LANGUAGES: tuple[str, ...] = (*_STEMMED, "zh", "simple")


@dataclass(frozen=True, slots=True)
class Analyzer:
    """How texts of one language become terms. Get one by `get_analyzer`."""

    language: str

    @property
    def name(self) -> str:
        """The name that the manifest records; its number is raised whenever the terms change."""
        if self.language not in _STEMMED:
            return f"{self.language}-{'jieba' if self.language == 'zh' else 'word'}-1"
        return f"{self.language}-stem-1" if self.language in _WITHOUT_STOP_WORDS else f"{self.language}-stem-stop-1"

    def prepare(self, text: str) -> str:
        """What to hand to Tantivy: the text as `ragqa.normalized` brings it, for ``zh`` its words with a blank between
        them.
        """
        text = plain(text)
        if self.language != "zh":
            return text
        words = _jieba().cut_for_search(text)
        return " ".join(word for word in words if any(map(str.isalnum, word)))

    def tantivy(self) -> tantivy.TextAnalyzer:
        """Prepared text → terms, to be registered with a Tantivy index."""
        return _text_analyzer(self.language)

    def tokens(self, text: str) -> list[str]:
        """The terms that Tantivy indexes for ``prepare(text)``, in order, with repeats.

        A text of nothing but stop words has none, as the index holds none of them either.
        """
        return list(_text_analyzer(self.language).analyze(self.prepare(text)))


def get_analyzer(language: str) -> Analyzer:
    """The analyzer of a language code in `LANGUAGES`."""
    if language not in LANGUAGES:
        raise ConfigError(f"index.language is {language!r}: one of {', '.join(LANGUAGES)}")
    if language == "zh" and find_spec("jieba") is None:
        raise MissingExtra("language zh", "zh")
    return Analyzer(language)


@cache
def _text_analyzer(language: str) -> tantivy.TextAnalyzer:
    if language == "zh":
        tokenizer = Tokenizer.whitespace()
    elif language in ("simple", "ta"):
        tokenizer = Tokenizer.regex(_WORD)
    else:
        tokenizer = Tokenizer.simple()
    builder = TextAnalyzerBuilder(tokenizer).filter(Filter.remove_long(_LONGEST)).filter(Filter.lowercase())
    if language in _STEMMED:
        name = _STEMMED[language]
        if language not in _WITHOUT_STOP_WORDS:
            builder = builder.filter(Filter.stopword(name))
        if language == "en":
            builder = builder.filter(Filter.ascii_fold())
        builder = builder.filter(Filter.stemmer(name))
    return builder.build()


@cache
def _jieba() -> jieba.Tokenizer:
    """A tokenizer of our own, filled here, because jieba's ``initialize`` logs and loads a cache from the
    shared /tmp.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42 has escapes that newer Pythons warn of
        import jieba
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer
