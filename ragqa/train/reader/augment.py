"""Questions in other words: by a table of synonyms, or by paraphrases that the user's own code makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ragqa.errors import SourceError, TrainingError

Paraphrase = Callable[[str], Sequence[str]]
_WORD = re.compile(r"\w+(?:[-']\w+)*")


def read_rewordings(path: str | Path) -> dict[str, tuple[str, ...]]:
    """A file of words that may stand for each other, a line ``car, automobile, motorcar`` each → word: the others.

    Lower case; empty lines and those that begin with # do not count. A word on several lines has all their others.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as a UTF-8 table of synonyms ({error})") from error
    table: dict[str, dict[str, None]] = {}
    for line in text.splitlines():
        words = [] if line.startswith("#") else [word.strip().lower() for word in line.split(",") if word.strip()]
        for word in words:
            table.setdefault(word, {}).update(dict.fromkeys(other for other in words if other != word))
    found = {word: tuple(others) for word, others in table.items() if others}
    if not found:
        raise SourceError(f"{path}: holds no synonyms (a line each: car, automobile, motorcar)")
    return found


class Rewordings:
    """Draws a paraphrase of a question (or the question itself, all with equal probability), then changes words by
    synonyms.
    """

    def __init__(
        self,
        synonyms: Mapping[str, Sequence[str]],
        share: float,
        paraphrases: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.synonyms, self.share, self.paraphrases = synonyms, share, paraphrases or {}

    def __call__(self, rng: np.random.Generator, question: str) -> str:
        """The question in other words; all randomness comes from the generator."""
        choice = [question, *self.paraphrases.get(question, ())]
        if len(choice) > 1:
            question = choice[int(rng.integers(len(choice)))]
        return _WORD.sub(lambda match: self._other(rng, match.group()), question) if self.synonyms else question

    def _other(self, rng: np.random.Generator, word: str) -> str:
        others = self.synonyms.get(word.lower())
        if not others or rng.random() >= self.share:
            return word
        other = others[int(rng.integers(len(others)))]
        return other[:1].upper() + other[1:] if word[:1].isupper() else other


def paraphrases_of(questions: Iterable[str], paraphrase: Paraphrase) -> dict[str, tuple[str, ...]]:
    """Call the user's function once for each question, so that a run does not depend on when it is called."""
    made = {}
    for question in dict.fromkeys(questions):
        found = paraphrase(question)
        if isinstance(found, str) or not all(isinstance(text, str) for text in found):
            raise TrainingError(f"paraphrase({question!r}) must give a sequence of texts, not {type(found).__name__}")
        made[question] = tuple(text for text in found if text.strip())
    return made
