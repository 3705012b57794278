"""Questions with passages that answer them and passages that do not: what `ragqa mine` writes and training reads.

One JSON object a line:

    {"id", "question", "answers": [...], "positives": [{"id", "title", "text", "score"}, …], "negatives": [the same],
     "pattern": whether the answers are regular expressions (false if left out)}

``title`` is all that stands in front of the text for retrieval (title and headings); ``score`` is what the source that
found the passage, or a teacher, gave it (0.0 where none did).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ragqa.errors import SourceError
from ragqa.store.atomic import storing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage as training sees it."""

    id: str
    text: str
    title: str = ""
    score: float = 0.0

    @property
    def retrieval_text(self) -> str:
        """What an encoder sees, as `Passage.retrieval_text`."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Pairing:
    """A question with its ``positives``, best first, and its ``negatives``, hardest first.

    With ``pattern`` the answers are regular expressions.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    positives: tuple[Candidate, ...]
    negatives: tuple[Candidate, ...] = ()
    pattern: bool = False


def read_pairings(path: str | Path) -> Iterator[Pairing]:
    """The lines of a file (``.gz`` is unpacked); a line of another form is a `SourceError` that names it."""
    path = Path(path)
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):  # noqa: B007 - an error names it
                if line.strip():
                    yield _pairing(json.loads(line))
    except (OSError, EOFError) as error:
        raise SourceError(f"{path}: cannot be read ({error})") from error
    except (ValueError, TypeError, KeyError) as error:
        raise SourceError(f"{path}:{number}: not a question with its passages ({error})") from error


def write_pairings(path: str | Path, pairings: Iterable[Pairing]) -> int:
    """Write a file, whole or not at all; the number of its lines."""
    path, count = Path(path), 0
    aside = path.with_name(f"{path.name}.tmp")
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8") as file:
            for count, pairing in enumerate(pairings, 1):  # noqa: B007 - the last number is the result
                file.write(json.dumps(asdict(pairing), ensure_ascii=False) + "\n")
        aside.replace(path)
    return count


def _pairing(line: Any) -> Pairing:
    answers = line.get("answers", [])
    if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
        raise TypeError("answers must be a list of texts")
    pattern = line.get("pattern", False)
    if not isinstance(pattern, bool):
        raise TypeError("pattern must be true or false")
    return Pairing(
        id=_text(line, "id"),
        question=_text(line, "question"),
        answers=tuple(answers),
        positives=tuple(map(_candidate, line.get("positives", []))),
        negatives=tuple(map(_candidate, line.get("negatives", []))),
        pattern=pattern,
    )


def _candidate(item: Any) -> Candidate:
    score = item.get("score", 0.0)
    if isinstance(score, bool) or not isinstance(score, (int, float)):
        raise TypeError("score must be a number")
    title = item.get("title", "")
    if not isinstance(title, str):
        raise TypeError("title must be text")
    return Candidate(_text(item, "id"), _text(item, "text"), title, float(score))


def _text(item: Any, name: str) -> str:
    value = item[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text")
    return value
