"""The SQuAD JSON format, parsed once for the corpus, the trainer and the evaluation.

Format: https://rajpurkar.github.io/SQuAD-explorer/ (v1.1 and v2.0), optionally gzipped.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragqa.errors import SourceError


@dataclass(frozen=True, slots=True)
class SquadAnswer:
    """One reference: its text, and the character where the annotators found it (-1: not given)."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class SquadQuestion:
    """A question on one paragraph; without answers it is unanswerable from it (v2.0)."""

    id: str
    text: str
    answers: tuple[SquadAnswer, ...]


@dataclass(frozen=True, slots=True)
class SquadParagraph:
    """A paragraph of an article; ``number`` counts from 0 within the article."""

    title: str
    number: int
    text: str
    questions: tuple[SquadQuestion, ...]

    @property
    def id(self) -> str:
        """The article's title and the paragraph's number."""
        return f"{self.title}#{self.number}"

    @property
    def subject(self) -> str:
        """The article's title in words."""
        return self.title.replace("_", " ")


def is_squad(content: Any) -> bool:
    """Whether parsed JSON has the shape ``{"data": [{"paragraphs": …}]}``."""
    data = content.get("data") if isinstance(content, dict) else None
    return isinstance(data, list) and bool(data) and isinstance(data[0], dict) and "paragraphs" in data[0]


def parse_squad(content: Any, name: str) -> Iterator[SquadParagraph]:
    """Yield the paragraphs of parsed SQuAD JSON in file order; ``name`` stands in errors."""
    if not is_squad(content):
        raise SourceError(f"{name}: not SQuAD-format JSON (expected an object with data[].paragraphs[])")
    seen: dict[str, int] = {}
    try:
        for article in content["data"]:
            title = str(article.get("title") or "")
            for paragraph in article["paragraphs"]:
                number = seen.get(title, 0)
                seen[title] = number + 1
                yield SquadParagraph(
                    title, number, str(paragraph["context"]), _questions(paragraph, f"{title}#{number}")
                )
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise SourceError(f"{name}: damaged SQuAD-format JSON ({type(error).__name__}: {error})") from error


def load_squad(path: str | Path) -> list[SquadParagraph]:
    """Read a SQuAD-format file (gzipped or not) whole."""
    return list(parse_squad(read_squad_json(path), str(path)))


def read_squad_json(path: str | Path) -> Any:
    """The JSON of a SQuAD-format file (gzipped or not) as it stands, not checked further."""
    path = Path(path)
    try:
        raw = path.read_bytes()
        return json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        raise SourceError(f"{path}: cannot be read as SQuAD-format JSON ({error})") from error


def _questions(paragraph: dict[str, Any], paragraph_id: str) -> tuple[SquadQuestion, ...]:
    return tuple(
        SquadQuestion(
            id=str(qa.get("id", f"{paragraph_id}-{position}")),
            text=str(qa["question"]),
            answers=()
            if qa.get("is_impossible")
            else tuple(
                SquadAnswer(str(answer["text"]), int(answer.get("answer_start", -1)))
                for answer in qa.get("answers", ())
            ),
        )
        for position, qa in enumerate(paragraph.get("qas", ()))
    )
