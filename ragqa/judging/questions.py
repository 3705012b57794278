"""Questions with reference answers or relevance judgements, in the formats that data sets are given out in.

squad   SQuAD v1.1 and v2.0 JSON; the paragraph is the positive document, ``title#number`` as the corpus reader names it
jsonl   an object a line: question; answer or answers (a text or a list; none: unanswerable); optional id, doc or docs
        (ids of positive documents), pattern, context, title; other plain fields are metadata. NQ-open is of this form
dpr     DPR's JSON or JSON lines: question, answers, positive_ctxs with passage_id (or psg_id) and title
csv     with a header: question; answer or answers (several as a JSON list, or with "|" between)
pairs   DPR's headerless TSV: question, tab, a list of answers in Python's or JSON's notation, or one as it stands
beir    queries.jsonl (``_id``, ``text``) and qrels, a TSV with header
trec    topics (``<top>`` with ``<num>`` and ``<title>``, or ``<DOC>`` with ``<DOCNO>``) and TREC qrels
smart   ``.I`` and ``.W``; a query's id is its running number, which is what qrels refer to (in Cranfield's file the
        numbers after .I are others)
regex   CuratedTREC: as jsonl, the answers being regular expressions; told from jsonl by that name alone

All optionally gzipped. Questions without an id are named by their number, "q1" the first. Questions without text are
passed over, and a warning says how many. Everything malformed is a `SourceError` that names file and record.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ragqa.corpus.squad import is_squad, parse_squad
from ragqa.errors import SourceError
from ragqa.judging.collections import (
    elements,
    finite,
    json_lines,
    json_of,
    name_of,
    numbered,
    plain,
    read_qrels,
    read_smart,
    read_text,
    text_of,
    trec_blocks,
    whole,
)
from ragqa.types import Question

LOG = logging.getLogger("ragqa.judging")
_NUMBERED = (("question has", "was"), ("questions have", "were"))
_NUMBER = re.compile(r"<num>\s*(?:Number:)?\s*([^\s<]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title>(.*?)(?=</?[a-z]|\Z)", re.DOTALL | re.IGNORECASE)
_KNOWN = ("id", "question", "answer", "answers", "doc", "docs", "pattern", "context", "title", "positive_ctxs")
_LONGEST_LIST = 100_000


def read_questions(
    path: str | Path,
    format: str = "auto",  # noqa: A002 - the field's word
    *,
    qrels: str | Path | None = None,
    prefix: str = "",
) -> list[Question]:
    """The questions of a file, in its order; "auto" tells the format by the content.

    ``qrels`` adds relevance judgements (TREC's four columns, or BEIR's three); questions that have none keep none.
    ``prefix`` (and zeros after it) is cut off the documents' ids there. Two questions of one id are a `SourceError`.
    """
    path = Path(path)
    text = read_text(path)
    chosen = detect(text, path) if format == "auto" else format
    if chosen not in READERS:
        raise SourceError(f"{path}: unknown question format {chosen!r}; known are {', '.join(READERS)}")
    all_of = list(READERS[chosen](text, path))
    questions = [question for question in all_of if question.text.strip()]
    if not questions:
        raise SourceError(f"{path}: holds no question in the format {chosen}")
    if empty := len(all_of) - len(questions):
        LOG.warning("%r: %d %s no text and %s passed over", str(path), empty, *_NUMBERED[empty > 1])
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise SourceError(f"{path}: two questions have the id {question.id}")
        if question.pattern:
            _check_patterns(question, path)
        seen.add(question.id)
    if qrels is None:
        return questions
    judged = read_qrels(Path(qrels), prefix)
    if not seen & set(judged):
        raise SourceError(f"{qrels}: judges none of the questions of {path}")
    return [replace(question, positives=judged.get(question.id, {})) for question in questions]


def detect(text: str, path: Path) -> str:
    """The format of a file of questions, by its content."""
    head = text.lstrip()[:20_000]
    if head.startswith(("{", "[")) and (name := _detect_json(text, path)):
        return name
    if re.match(r"<(top|doc)>", head, re.IGNORECASE):
        return "trec"
    if head.startswith(".I "):
        return "smart"
    first = head.partition("\n")[0]
    if "question" in re.split(r"[,;\t]", first.lower().replace('"', "").strip()):
        return "csv"
    if re.search(r"\t\s*[\[\"']", first):
        return "pairs"
    raise SourceError(f"{path}: not questions in a known format ({', '.join(READERS)}); name one if it is")


def _detect_json(text: str, path: Path) -> str:
    """By the first record, or by the whole where that is one; "" for JSON that holds no questions."""
    try:
        first, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not JSON ({error})") from error
    listed = isinstance(first, list)
    record = first[0] if listed and first else first
    if is_squad(record):
        return "squad"
    if not isinstance(record, dict):
        return ""
    if "positive_ctxs" in record or (listed and "question" in record):
        return "dpr"
    if "question" in record:
        return "regex" if "curatedtrec" in path.name.lower() else "jsonl"
    return "beir" if {"_id", "text"} <= record.keys() and not listed else ""


def _squad(text: str, path: Path) -> Iterator[Question]:
    content = json_of(text, path)
    if not is_squad(content):
        raise SourceError(f"{path}: not SQuAD-format JSON (expected an object with data[].paragraphs[])")
    try:
        paragraphs = list(parse_squad(content, str(path)))
    except (ValueError, OverflowError, RecursionError) as error:
        raise SourceError(f"{path}: damaged SQuAD-format JSON ({error})") from error
    for paragraph in paragraphs:
        for question in paragraph.questions:
            answers = tuple(dict.fromkeys(whole(answer.text) for answer in question.answers if answer.text.strip()))
            yield Question(
                whole(question.id),
                whole(question.text),
                answers,
                {whole(paragraph.id): 1},
                answerable=bool(answers),
                context=whole(paragraph.text),
                title=whole(paragraph.subject),
            )


def _jsonl(text: str, path: Path) -> Iterator[Question]:
    for number, record in json_lines(text, path):
        yield _from_record(record, number, path)


def _regex(text: str, path: Path) -> Iterator[Question]:
    return (replace(question, pattern=True) for question in _jsonl(text, path))


def _check_patterns(question: Question, path: Path) -> None:
    for answer in question.answers:
        try:
            re.compile(answer)
        except (re.error, RecursionError, OverflowError) as error:
            raise SourceError(f"{path}: {question.id}: {answer!r} is no regular expression ({error})") from error


def _dpr(text: str, path: Path) -> Iterator[Question]:
    listed = text.lstrip().startswith("[")
    for number, record in enumerate(json_of(text, path), 1) if listed else json_lines(text, path):
        if not isinstance(record, dict):
            raise SourceError(f"{path}: record {number} is no object")
        contexts = record.get("positive_ctxs") or []
        if not isinstance(contexts, list) or not all(isinstance(context, dict) for context in contexts):
            raise SourceError(f"{path}: record {number}: positive_ctxs must be a list of objects")
        keys = ("passage_id", "psg_id")
        names = [next((context[key] for key in keys if context.get(key) is not None), None) for context in contexts]
        place = f"{path}: record {number}: passage_id"
        question = _from_record(record, number, path)
        yield replace(question, positives={name_of(name, place): 1 for name in names if name is not None})


def _csv(text: str, path: Path) -> Iterator[Question]:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = {name.strip().lower() for name in rows.fieldnames or ()}
        if "question" not in columns or not columns & {"answer", "answers", "doc", "docs"}:
            raise SourceError(f"{path}: its header needs the columns question and answer (or answers)")
        for number, row in enumerate(rows, 1):
            if None in row:
                raise SourceError(f"{path}: record {number} has more columns than the header")
            record = {key.strip().lower(): value for key, value in row.items() if isinstance(value, str)}
            answers = record.pop("answers", record.pop("answer", "")).strip()
            listed = _listed(answers) if answers.startswith("[") else None
            listed = [part.strip() for part in answers.split("|")] if listed is None else listed
            yield _from_record({**record, "answers": listed}, number, path)
    except csv.Error as error:
        raise SourceError(f"{path}:{rows.line_num}: not a table ({error})") from error


def _pairs(text: str, path: Path) -> Iterator[Question]:
    for number, line in numbered(text):
        try:
            question, answers = next(csv.reader([line], delimiter="\t"))  # some fields are quoted as in CSV
        except (ValueError, csv.Error) as error:
            raise SourceError(f"{path}:{number}: expected a question, a tab and a list of answers") from error
        listed = _listed(answers)
        if listed is None and answers.lstrip().startswith("["):
            raise SourceError(f"{path}:{number}: the list of answers is damaged")
        yield _from_record({"question": question, "answers": [answers] if listed is None else listed}, number, path)


def _beir(text: str, path: Path) -> Iterator[Question]:
    for number, record in json_lines(text, path):
        place = f"{path}:{number}: "
        yield Question(name_of(record.get("_id"), place + "_id"), text_of(record.get("text"), place + "text"))


def _trec(text: str, path: Path) -> Iterator[Question]:
    for place, topic in enumerate(elements(text, "top", path), 1):
        number, title = _NUMBER.search(topic), _TITLE.search(topic)
        if not number or not title:
            raise SourceError(f"{path}: topic {place} has no <num> or no <title>")
        yield Question(number[1], " ".join(plain(title[1]).split()))
    for name, content in trec_blocks(text, path):
        yield Question(name, " ".join(plain(content).split()))


def _smart(text: str, path: Path) -> Iterator[Question]:
    for place, record in enumerate(read_smart(text), 1):
        yield Question(str(place), " ".join(record.get("W", "").split()))


READERS: dict[str, Callable[[str, Path], Iterator[Question]]] = {
    "squad": _squad,
    "jsonl": _jsonl,
    "dpr": _dpr,
    "csv": _csv,
    "pairs": _pairs,
    "beir": _beir,
    "trec": _trec,
    "smart": _smart,
    "regex": _regex,
}


def _from_record(record: Mapping[str, Any], number: int, path: Path) -> Question:
    place = f"{path}: record {number}"
    text = record.get("question")
    if not isinstance(text, str):
        raise SourceError(f"{place}: question must be a text")
    answers = _texts(record.get("answers", record.get("answer")), f"{place}: answers")
    documents = _texts(record.get("docs", record.get("doc")), f"{place}: doc")
    name = record.get("id")
    return Question(
        f"q{number}" if name in (None, "") else name_of(name, f"{place}: id"),
        whole(text),
        tuple(answers),
        dict.fromkeys(documents, 1),
        answerable=bool(answers),
        pattern=record.get("pattern") is True,
        context=text_of(record.get("context"), f"{place}: context"),
        title=text_of(record.get("title"), f"{place}: title"),
        meta=_meta(record),
    )


def _meta(record: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """The other fields that are texts or numbers; JSON as Python reads it also has NaN and infinity, which are none."""
    return {
        whole(key): whole(value) if isinstance(value, str) else value
        for key, value in record.items()
        if key not in _KNOWN and isinstance(value, (str, int, float)) and finite(value)
    }


def _texts(value: Any, place: str) -> list[str]:
    values = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(item, (str, int, float)) and not isinstance(item, bool) and finite(item) for item in values):
        raise SourceError(f"{place} must be a text or a list of texts")
    return list(dict.fromkeys(whole(str(item)) for item in values if str(item).strip()))


def _listed(text: str) -> list[Any] | None:
    """A list in JSON's or Python's notation, taken apart without running it; None for anything else."""
    if len(text) > _LONGEST_LIST:
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of unknown escapes, which then stand for themselves
                value = parse(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        return value if isinstance(value, list) else None
    return None
