"""Questions with reference answers or relevance judgements, in the formats that data sets are given out in.

squad   SQuAD v1.1 and v2.0 JSON; the paragraph is the positive document, ``title#number`` as the corpus reader names it
jsonl   an object a line: question; answer or answers (a text or a list; none: unanswerable); optional id, doc or docs
        (ids of positive documents), pattern, context, title; other plain fields are metadata. NQ-open is of this form
dpr     DPR's JSON or JSON lines: question, answers, positive_ctxs with passage_id (or psg_id) and title
csv     with a header: question; answer or answers (several as a JSON list, or with " | " between)
pairs   DPR's headerless TSV: question, tab, a list of answers in Python's or JSON's notation
beir    queries.jsonl (``_id``, ``text``) and qrels, a TSV with header
trec    topics (``<top>`` with ``<num>`` and ``<title>``, or ``<DOC>`` with ``<DOCNO>``) and TREC qrels
smart   ``.I`` and ``.W``; a query's id is its running number, which is what qrels refer to (in Cranfield's file the
        numbers after .I are others)
regex   CuratedTREC: as jsonl, the answers being regular expressions

All optionally gzipped. Everything malformed is a `SourceError` that names file and record.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ragqa.corpus.squad import is_squad, parse_squad
from ragqa.errors import SourceError
from ragqa.eval.collections import json_lines, plain, read_smart, read_text, trec_blocks
from ragqa.types import Question

_TOPIC = re.compile(r"<top>(.*?)</top>", re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(r"<num>\s*(?:Number:)?\s*([^\s<]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title>(.*?)(?=<|\Z)", re.DOTALL | re.IGNORECASE)
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
    questions = list(READERS[chosen](text, path))
    if not questions:
        raise SourceError(f"{path}: holds no question in the format {chosen}")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise SourceError(f"{path}: two questions have the id {question.id}")
        if not question.text.strip():
            raise SourceError(f"{path}: the question {question.id} is empty")
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
    if head.startswith(("{", "[")):
        if '"positive_ctxs"' in head:
            return "dpr"
        if '"paragraphs"' in head and '"qas"' in text:
            return "squad"
        first = head.partition("\n")[0]
        if re.match(r"\{.*\"_id\"", first):
            return "beir"
        if re.match(r"\{.*\"question\".*\}\s*$", first):
            return "jsonl"
        return "squad" if head.startswith("{") else "dpr"
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


def read_qrels(path: Path, prefix: str = "") -> dict[str, dict[str, int]]:
    """Question id → document id → grade; negative grades count as 0."""
    judged: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        parts = line.split()
        if not parts or (number == 1 and parts[0] in ("query-id", "qid")):
            continue
        if len(parts) not in (3, 4):
            raise SourceError(f"{path}:{number}: expected question, 0, document, grade")
        try:
            grade = int(float(parts[-1]))
        except (ValueError, OverflowError) as error:
            raise SourceError(f"{path}:{number}: the grade {parts[-1]} is no number") from error
        document = parts[-2]
        if prefix and document.startswith(prefix):
            document = document[len(prefix) :].lstrip("0")
        judged.setdefault(parts[0], {})[document] = max(0, grade)
    return judged


def _squad(text: str, path: Path) -> Iterator[Question]:
    content = _json(text, path)
    if not is_squad(content):
        raise SourceError(f"{path}: not SQuAD-format JSON (expected an object with data[].paragraphs[])")
    for paragraph in parse_squad(content, str(path)):
        for question in paragraph.questions:
            answers = tuple(dict.fromkeys(answer.text for answer in question.answers))
            yield Question(
                question.id,
                question.text,
                answers,
                {paragraph.id: 1},
                answerable=bool(answers),
                context=paragraph.text,
                title=paragraph.title.replace("_", " "),
            )


def _jsonl(text: str, path: Path) -> Iterator[Question]:
    for number, record in json_lines(text, path):
        yield _from_record(record, number, path)


def _regex(text: str, path: Path) -> Iterator[Question]:
    for question in _jsonl(text, path):
        for answer in question.answers:
            try:
                re.compile(answer)
            except (re.error, RecursionError, OverflowError) as error:
                raise SourceError(f"{path}: {answer!r} is no regular expression ({error})") from error
        yield replace(question, pattern=True)


def _dpr(text: str, path: Path) -> Iterator[Question]:
    whole = text.lstrip().startswith("[")
    records = enumerate(_json(text, path), 1) if whole else json_lines(text, path)
    for number, record in records:
        if not isinstance(record, dict):
            raise SourceError(f"{path}: record {number} is no object")
        contexts = record.get("positive_ctxs") or []
        if not isinstance(contexts, list) or not all(isinstance(context, dict) for context in contexts):
            raise SourceError(f"{path}: record {number}: positive_ctxs must be a list of objects")
        names = [context.get("passage_id", context.get("psg_id")) for context in contexts]
        question = _from_record({**record, "positive_ctxs": None}, number, path)
        yield replace(question, positives={str(name): 1 for name in names if name is not None})


def _csv(text: str, path: Path) -> Iterator[Question]:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        for number, row in enumerate(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter), 2):
            record = {key.strip().lower(): value for key, value in row.items() if key and isinstance(value, str)}
            answers = record.pop("answers", record.pop("answer", "")).strip()
            listed = _listed(answers) if answers.startswith("[") else [part.strip() for part in answers.split(" | ")]
            yield _from_record({**record, "answers": [part for part in listed if part]}, number, path)
    except csv.Error as error:
        raise SourceError(f"{path}: not a table ({error})") from error


def _pairs(text: str, path: Path) -> Iterator[Question]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        question, tab, answers = line.partition("\t")
        if not tab:
            raise SourceError(f"{path}:{number}: expected a question, a tab and a list of answers")
        answers = answers.strip()
        if answers.startswith('"') and answers.endswith('"'):  # quoted as a CSV field
            answers = answers[1:-1].replace('""', '"')
        yield _from_record({"question": question, "answers": _listed(answers)}, number, path)


def _beir(text: str, path: Path) -> Iterator[Question]:
    for number, record in json_lines(text, path):
        if not isinstance(record.get("_id"), (str, int)) or not isinstance(record.get("text"), str):
            raise SourceError(f"{path}:{number}: expected _id and text")
        yield Question(str(record["_id"]), record["text"])


def _trec(text: str, path: Path) -> Iterator[Question]:
    for place, topic in enumerate(_TOPIC.findall(text), 1):
        number, title = _NUMBER.search(topic), _TITLE.search(topic)
        if not number or not title:
            raise SourceError(f"{path}: topic {place} has no <num> or no <title>")
        yield Question(number[1], " ".join(plain(title[1]).split()))
    for name, content in trec_blocks(text):
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
    meta = {key: value for key, value in record.items() if key not in _KNOWN and isinstance(value, (str, int, float))}
    return Question(
        f"q{number}" if name is None else str(name),
        text,
        tuple(answers),
        dict.fromkeys(documents, 1),
        answerable=bool(answers),
        pattern=record.get("pattern") is True,
        context=str(record.get("context") or ""),
        title=str(record.get("title") or ""),
        meta=meta,
    )


def _texts(value: Any, place: str) -> list[str]:
    values = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(item, (str, int, float)) and not isinstance(item, bool) for item in values):
        raise SourceError(f"{place} must be a text or a list of texts")
    return list(dict.fromkeys(str(item) for item in values if str(item).strip()))


def _listed(text: str) -> Sequence[Any]:
    """A list in JSON's or Python's notation; anything else is one answer, as it stands."""
    try:
        value = ast.literal_eval(text) if len(text) <= _LONGEST_LIST else text
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = text
    return value if isinstance(value, list) else [text]


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not JSON ({error})") from error
