"""From text to the terms of BM25, by language. Indexing and asking use the same `Analyzer`, so terms are equal.

* Languages that Tantivy stems: words (runs of letters and digits), in lower case, without Tantivy's stop words where it
  has a list, as Snowball stems. English is also folded to ASCII, so that "Beyonce" finds Beyoncé. The other languages
  are not folded, because accents tell their words apart and their stemmers expect them.
* ``hi``, ``vi``, ``simple``: words as they stand, in lower case; every other language is analysed as ``simple``.
* ``zh``: words by jieba in search mode (long words and the words inside them), in lower case and in simplified
  characters, so that traditional and simplified Chinese find each other, and pairs of neighbouring characters. Words
  of other scripts stay whole.
* ``ja``, ``ko``, ``th``, ``lo``, ``km``, ``my``: runs of neighbouring characters (see `ragqa.corpus.grams`).
* ``auto``: each document by the analyzer of its language, which its metadata record under ``ragqa.language``; a
  question by the analyzers of all documents that there are.

Text is first normalised (`ragqa.normalized`), so that "é" in one or two code points, the ligature "ﬁ", full-width
digits and words with soft hyphens are found. If a script without blanks is indexed as a language with blanks, each run
of characters is one term, and only whole runs are found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

import tantivy
from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

from ragqa.corpus.chinese import chinese_words, jieba_words
from ragqa.corpus.detect import detected
from ragqa.corpus.grams import GRAMS, terms_of
from ragqa.documents import LANGUAGE, Meta
from ragqa.errors import ConfigError, MissingExtra
from ragqa.languages import is_language
from ragqa.normalized import plain

AUTO, SIMPLE = "auto", "simple"
STEMMED = {
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

LANGUAGES: tuple[str, ...] = (*STEMMED, "zh", *GRAMS, "hi", "vi", SIMPLE)
_REVISIONS = {"zh": 2}  # raised whenever the terms of a language change; 1 where none is said
_NEEDED = {"zh": ("jieba", "opencc"), AUTO: ("py3langid", "jieba", "opencc")}  # packages that an extra installs


@dataclass(frozen=True, slots=True)
class Analyzer:
    """How texts of one language become terms, or with "auto" those of each document by its own. Get one by
    `get_analyzer`, and that of an index by `recorded_analyzer`.
    """

    language: str
    revision: int = 1

    @property
    def name(self) -> str:
        """The name that the manifest records; it changes whenever the terms do."""
        if self.language == AUTO:
            names = "".join(_current(language).name for language in LANGUAGES)
            return f"{AUTO}-{hashlib.sha256(names.encode()).hexdigest()[:8]}"
        return f"{self.language}-{self._kind}-{self.revision}"

    @property
    def _kind(self) -> str:
        if self.language in STEMMED:
            return "stem" if self.language in _WITHOUT_STOP_WORDS else "stem-stop"
        return "jieba" if self.language == "zh" else "gram" if self.language in GRAMS else "word"

    def of(self, meta: Meta) -> Analyzer:
        """The analyzer of a document with this metadata."""
        return self if self.language != AUTO else _current(str(meta.get(LANGUAGE, SIMPLE)))

    def among(self, passages: Callable[[str], int]) -> dict[Analyzer, int]:
        """The analyzers of a question, at least one, and how many of an index' passages each has analysed, of which
        ``passages`` gives the number by language.
        """
        if self.language != AUTO:
            return {self: 0}
        held = {_current(language): count for language in LANGUAGES if (count := passages(language))}
        return held or {_current(SIMPLE): 0}

    def tokens(self, text: str) -> list[str]:
        """The terms of a text, in order, with repeats; with "auto" as the language that is found in it says.

        A text of nothing but stop words has none.
        """
        if self.language == AUTO:
            return _current(language_of(text)).tokens(text)
        return list(_text_analyzer(self.language).analyze(self._cut(text)))

    def prepare(self, text: str, meta: Meta) -> str:
        """What an index of this analyzer is given of a document's text: `tantivy` takes the terms out of it.

        With "auto" these are the terms themselves, with a blank between them, by the analyzer of the document.
        """
        return " ".join(self.of(meta).tokens(text)) if self.language == AUTO else self._cut(text)

    def tantivy(self) -> tantivy.TextAnalyzer:
        """What takes prepared texts apart, to be registered with a Tantivy index."""
        return _at_blanks() if self.language == AUTO else _text_analyzer(self.language)

    def _cut(self, text: str) -> str:
        """The normalised text; in a language without blanks its words with a blank between them."""
        text = plain(text)
        if self.language == "zh":
            return " ".join(jieba_words(text) if self.revision < 2 else chinese_words(text))
        return " ".join(terms_of(text, self.language)) if self.language in GRAMS else text


def get_analyzer(language: str) -> Analyzer:
    """The analyzer for a code in `LANGUAGES` or of any other language (ISO 639-1), or for "auto"."""
    if not is_analyzed(language) and language != AUTO:
        told = "a code of two letters as ISO 639-1 has them (en, zh, pl), simple, or auto"
        raise ConfigError(
            f"index.language is {language!r}: expected {told}; the codes with rules of their own are "
            f"{', '.join(LANGUAGES)}"
        )
    if not all(map(find_spec, _NEEDED.get(language, ()))):
        raise MissingExtra(f"language {language}", "zh" if language == "zh" else "languages")
    return _current(language)


def is_analyzed(language: str) -> bool:
    """Whether there is an analyzer for a language's name: its own, or the simple one of other languages."""
    return language in LANGUAGES or is_language(language)


def recorded_analyzer(language: str, name: str) -> Analyzer | None:
    """The analyzer that an index records by ``name``, of this or an earlier revision; None if there is none."""
    newest = get_analyzer(language)
    known = [newest, *(Analyzer(language, revision) for revision in range(1, newest.revision))]
    return next((analyzer for analyzer in known if analyzer.name == name), None)


def language_of(text: str) -> str:
    """The code in `LANGUAGES` of the language that most of a text is in, "simple" for any other and where the text does
    not tell.
    """
    found = detected(text)
    return found if found in LANGUAGES else SIMPLE


def _current(language: str) -> Analyzer:
    """Of what is no language code, that of other languages: metadata may come from anywhere."""
    return Analyzer(language if language in (*LANGUAGES, AUTO) else SIMPLE, _REVISIONS.get(language, 1))


@cache
def _at_blanks() -> tantivy.TextAnalyzer:
    return TextAnalyzerBuilder(Tokenizer.whitespace()).build()


@cache
def _text_analyzer(language: str) -> tantivy.TextAnalyzer:
    if language == "zh" or language in GRAMS:
        tokenizer = Tokenizer.whitespace()
    elif language in STEMMED and language != "ta":
        tokenizer = Tokenizer.simple()
    else:
        tokenizer = Tokenizer.regex(_WORD)
    builder = TextAnalyzerBuilder(tokenizer).filter(Filter.remove_long(_LONGEST)).filter(Filter.lowercase())
    if language in STEMMED:
        name = STEMMED[language]
        if language not in _WITHOUT_STOP_WORDS:
            builder = builder.filter(Filter.stopword(name))
        if language == "en":
            builder = builder.filter(Filter.ascii_fold())
        builder = builder.filter(Filter.stemmer(name))
    return builder.build()
