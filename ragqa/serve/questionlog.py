"""The log of questions: what was asked, whether it was answered, and what callers say of the answers. Off by default.

A line of JSON each, appended by one write, so that lines of several threads and processes never mix. At `ROTATED` bytes
the file becomes FILE.1, that before it FILE.2, and so on; `KEPT` of them are kept. It holds what people typed: the file
is readable for its owner alone.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from ragqa.convert import Misfit, convert, plain, read_json
from ragqa.errors import SourceError
from ragqa.serve.redaction import is_redacted
from ragqa.store.atomic import storing
from ragqa.types import Reply

ROTATED = 64 * 1024 * 1024
KEPT = 9
BEGINNING = b'{"time": '  # of each line
Verdict = Literal["right", "wrong", "none"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A question that was asked (``verdict`` None), with its best answer, given or not; or what was said of one.

    The verdict is "right" for a right answer, "wrong" for a wrong one, and "none" if the documents hold no answer.
    """

    time: str
    index: str
    question: str
    answered: bool = False
    verdict: Verdict | None = None
    answer: str = ""
    score: float | None = None
    document: str = ""
    start: int = 0
    end: int = 0
    generation: int = 0
    key: str = ""


def asked(index: str, reply: Reply, key: str) -> Entry:
    """The entry for a reply."""
    best = next(iter((*reply.answers, *reply.candidates)), None)
    time, question = now(), reply.question
    if best is None:
        return Entry(time, index, question, generation=reply.generation, key=key)
    start, end = best.document_span
    return Entry(
        time=time,
        index=index,
        question=question,
        answered=reply.answered,
        answer=best.text,
        score=best.score,
        document=best.hit.passage.doc_id,
        start=start,
        end=end,
        generation=reply.generation,
        key=key,
    )


class QuestionLog:
    """Appends entries to a file. Safe to use from several threads. Texts of people go through ``clean``."""

    def __init__(self, path: Path, rotated: int = ROTATED, clean: Callable[[str], str] = str) -> None:
        self.path, self._rotated, self._lock, self._clean = path, rotated, threading.Lock(), clean
        self._begun = False

    def add(self, entry: Entry) -> None:
        """Append an entry; `StorageError` if it cannot be written."""
        clean = self._clean
        entry = replace(
            entry, question=clean(entry.question), answer=clean(entry.answer), document=clean(entry.document)
        )
        line = json.dumps(plain(entry)) + "\n"
        with self._lock, storing(self.path):
            if not self._begun:
                _cut_half_line(self.path)
                self._begun = True
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                _append(file, line.encode())
                full = os.fstat(file).st_size >= self._rotated
            finally:
                os.close(file)
            if full:
                self._rotate()

    def _rotate(self) -> None:
        for number in range(KEPT, 0, -1):
            older = self.path if number == 1 else _numbered(self.path, number - 1)
            if older.exists():
                older.replace(_numbered(self.path, number))


def read_log(path: Path) -> Iterator[Entry]:
    """The entries of a file and of those that it was rotated to, oldest first. The last line may be half written, by a
    process that was killed, and is passed over then; any other that is no entry is a `SourceError`.
    """
    files = [_numbered(path, number) for number in range(KEPT, 0, -1)]
    present = [file for file in (*files, path) if file.exists()]
    if not present:
        raise SourceError(f"{path}: there is no log of questions: ragqa serve --question-log {path} writes one")
    for file in present:
        try:
            lines = file.read_bytes().split(b"\n")
        except OSError as error:
            raise SourceError(f"{file}: cannot be read ({error.strerror or error})") from error
        for number, line in enumerate(lines[:-1], 1):  # what follows the last line break was not written to its end
            try:
                yield convert(Entry, read_json(line))
            except (Misfit, ValueError) as error:
                raise SourceError(f"{file}: line {number} is no entry of a log of questions ({error})") from error


@dataclass(slots=True)
class _Told:
    """All that is known of one question to one index."""

    question: str
    times: int = 0
    last: Entry | None = None
    right: dict[str, str] = field(default_factory=dict)  # answer → document
    verdict: Verdict | None = None


def labelled(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Questions with known answers, in the form ``jsonl`` that calibrate, mine, train and eval read. Later verdicts
    take the place of earlier ones; right answers add up. Where something was taken out of a question or an answer
    (`redaction`), it teaches nothing and is left out.
    """
    found = []
    for told in _told([entry for entry in entries if not is_redacted(entry.question + entry.answer)]).values():
        if told.verdict == "none":
            found.append({"question": told.question, "answers": []})
        elif told.right:
            named = dict.fromkeys(told.right.values())
            documents = [document for document in named if document and not is_redacted(document)]
            found.append(
                {"question": told.question, "answers": list(told.right)} | ({"docs": documents} if documents else {})
            )
    return found


def unanswered(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Questions that got no answer the last time, or one that was said to be wrong, and of which no right one is known:
    those asked most often first.
    """
    found = []
    for told in _told(entries).values():
        no_answer = told.last is not None and not told.last.answered
        if told.right or told.verdict == "none" or not (no_answer or told.verdict == "wrong"):
            continue
        best = {} if told.last is None else {"best": told.last.answer, "score": told.last.score}
        why = "said to be wrong" if told.verdict == "wrong" else "no answer"
        found.append({"question": told.question, "times": told.times, "why": why, **best})
    return sorted(found, key=lambda one: -one["times"])


def counted(entries: Sequence[Entry]) -> Mapping[str, int]:
    """How many questions were asked and answered, and how many verdicts there are of each kind."""
    counts: Counter[str] = Counter(entry.verdict or "asked" for entry in entries)
    counts["answered"] = sum(entry.answered for entry in entries)
    return counts


def _told(entries: Sequence[Entry]) -> dict[tuple[str, str], _Told]:
    known: dict[tuple[str, str], _Told] = {}
    for entry in entries:
        question = " ".join(entry.question.split())
        told = known.setdefault((entry.index, question.casefold()), _Told(question))
        if entry.verdict is None:
            told.times, told.last = told.times + 1, entry
            continue
        told.verdict = entry.verdict
        if entry.verdict == "right":
            told.right[entry.answer] = entry.document
        elif entry.verdict == "wrong":
            told.right.pop(entry.answer, None)
        else:
            told.right.clear()
    return known


def _cut_half_line(path: Path) -> None:
    """Cut off the entry that a killed process left half written, to which the next one would be appended otherwise."""
    content = path.read_bytes() if path.exists() else b""
    whole = content.rfind(b"\n") + 1
    if content[whole:].startswith(BEGINNING):  # of any other file nothing is cut
        os.truncate(path, whole)


def _append(file: int, line: bytes) -> None:
    """Write a line by one write; `OSError` without a part of it left behind if the disk has no room for the whole."""
    written = os.write(file, line)
    if written < len(line):
        os.ftruncate(file, os.fstat(file).st_size - written)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def now() -> str:
    """The time as entries have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
