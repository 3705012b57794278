"""Our own questions in many languages, as SQuAD-format files.

    python eval/written_questions.py train -o learn.json [LANGUAGE ...]
    python eval/written_questions.py held-out -o held-out.json [LANGUAGE ...]

Without languages, those of every file of ``eval/questions/languages``; its README describes their form. Every fifth
document of a language is held out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parts import ids_of, write_articles

from ragqa.errors import SourceError

FOLDER = Path(__file__).parent / "questions" / "languages"
EVERY = 5


@dataclass(slots=True)
class Asked:
    """A question in ``language``. Without an answer it only looks as if the paragraph answered it."""

    text: str
    language: str
    answer: str | None


@dataclass(slots=True)
class Written:
    """A document of one paragraph, and what is asked about it."""

    title: str
    language: str
    lines: list[str] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The paragraph."""
        return "\n".join(self.lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("train", "held-out"))
    parser.add_argument("languages", nargs="*")
    parser.add_argument("-o", "--output", required=True, type=Path)
    given = parser.parse_intermixed_args()
    chosen = [article for name in given.languages or languages() for article in articles(name, given.part)]
    write_articles(given.output, chosen)
    print(json.dumps({"file": str(given.output), "paragraphs": len(chosen), "questions": len(ids_of(chosen))}))


def languages() -> list[str]:
    """The languages that there is a file of."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def articles(language: str, part: str) -> list[dict[str, Any]]:
    """The documents of a language's part in SQuAD's form. ``part`` is train, held-out or all."""
    return [
        _article(written, number)
        for number, written in enumerate(read_written(FOLDER / f"{language}.txt"), 1)
        if part == "all" or (number % EVERY == 0) == (part == "held-out")
    ]


def read_written(path: Path) -> list[Written]:
    """The documents of a file; `SourceError` names a line out of place, and an answer that is not in its paragraph."""
    found: list[Written] = []
    for where, line in _lines(path):
        mark, _, rest = (part.strip() for part in line.partition(":"))
        if line.startswith("# "):
            found.append(Written(line[2:].strip(), path.stem))
        elif not found:
            raise SourceError(f"{where}: text before the first title")
        elif mark in ("Q", "X") or (mark.startswith("Q[") and mark.endswith("]")):
            found[-1].questions.append(Asked(rest, mark[2:-1] or path.stem, None if mark == "X" else ""))
        elif mark == "A":
            if not rest or rest not in found[-1].text:
                raise SourceError(f"{where}: this answer is not in the paragraph")
            found[-1].questions[-1].answer = rest
        else:
            found[-1].lines.append(line)
    for written in found:
        if any(asked.answer == "" for asked in written.questions):
            raise SourceError(f"{path.name}: a question about {written.title!r} has no answer")
    return found


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            yield f"{path.name}:{number}", line.strip()


def _article(written: Written, number: int) -> dict[str, Any]:
    name, text = f"{written.language}-{number}", written.text
    questions = [
        {
            "id": f"{name}-{place}" + ("" if asked.language == written.language else f"-{asked.language}"),
            "question": asked.text,
            "answers": [{"text": asked.answer, "answer_start": text.index(asked.answer)}] if asked.answer else [],
            "is_impossible": not asked.answer,
        }
        for place, asked in enumerate(written.questions, 1)
    ]
    return {"title": written.title, "paragraphs": [{"context": text, "qas": questions}]}


if __name__ == "__main__":
    main()
