"""Questions with passages that answer them and passages that do not: what `ragqa mine` writes and training reads.

One JSON object a line:

    {"id", "question", "answers": [...], "positives": [{"id", "title", "text", "score"}, …], "negatives": [the same],
     "pattern": whether the answers are regular expressions (false if left out)}

``title`` is the title and headings that stand in front of the text for retrieval; ``score`` is the score that a ranking
or a teacher gave to the passage (0.0 without one).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ragqa.convert import line_reader, plain
from ragqa.errors import SourceError
from ragqa.store.atomic import storing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage for training."""

    id: str
    text: str
    title: str = ""
    score: float = 0.0

    @property
    def retrieval_text(self) -> str:
        """The text that an encoder encodes; see `Passage.retrieval_text`."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Pairing:
    """A question with its ``positives``, best first, and its ``negatives``, hardest first.

    With ``pattern`` the answers are regular expressions.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    positives: tuple[Candidate, ...] = ()
    negatives: tuple[Candidate, ...] = ()
    pattern: bool = False


def read_pairings(path: str | Path) -> Iterator[Pairing]:
    """The pairings of a file (``.gz`` is unpacked). Unknown keys are ignored; a line of another form is a `SourceError`
    that gives its number.
    """
    path, number, read = Path(path), 0, line_reader(Pairing)
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):  # noqa: B007 - an error names it
                if line.strip():
                    yield read(line)
    except (OSError, EOFError) as error:
        raise SourceError(f"{path}: cannot be read ({error})") from error
    except ValueError as error:
        raise SourceError(f"{path}:{number}: not a question with its passages ({error})") from error


def write_pairings(path: str | Path, pairings: Iterable[Pairing]) -> int:
    """Write a file, completely or not at all; returns the number of its lines."""
    path, count = Path(path), 0
    aside = path.with_name(f"{path.name}.tmp")
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8") as file:
            for count, pairing in enumerate(pairings, 1):  # noqa: B007 - the last number is the result
                file.write(json.dumps(plain(pairing), ensure_ascii=False) + "\n")
        aside.replace(path)
    return count
