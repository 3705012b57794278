"""Runs a suite: the models answer its questions once, and the run's folder keeps the results."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ragqa.config import Config
from ragqa.corpus.files import Problem
from ragqa.corpus.read import read_documents
from ragqa.documents import Document
from ragqa.errors import ConfigError, SourceError
from ragqa.eval.runs.examine import ANSWERS, CorpusView, Examine, examine_open, examine_reading, examine_retrieval
from ragqa.eval.runs.folder import Findings, SuiteRun
from ragqa.eval.runs.forms import Cost
from ragqa.eval.runs.identity import facts_of
from ragqa.eval.runs.prepared import Choice, Prepared
from ragqa.eval.runs.suite import PartFiles, Suite, SuitePart, config_for, load_suite, locate
from ragqa.index import writer
from ragqa.index.report import Progress, silent
from ragqa.index.snapshot import Snapshot
from ragqa.judging.collections import read_collection
from ragqa.judging.questions import read_questions
from ragqa.models.catalog import load_encoder
from ragqa.models.ensemble import load_readers
from ragqa.pipeline import Pipeline
from ragqa.protocols import Encoder
from ragqa.store.atomic import sha256
from ragqa.types import Question

CHUNK = 64
INDEXES = "eval/indexes"  # not "indexes": what stands there is asked by ragqa ask


def run(
    suite: str | Path | Suite,
    output: str | Path,
    *,
    data: str | Path | None = None,
    indexes: str | Path = INDEXES,
    settings: Sequence[str] = (),
    choice: Choice | None = None,
    explain: bool = False,
    progress: Progress | None = None,
    problems: Callable[[Problem], None] | None = None,
) -> SuiteRun:
    """Answer the questions of a suite and keep the results in ``output``; with ``explain`` also explanations of
    replies.

    Indexes are built or updated under ``indexes`` first. Called again after an interruption, it resumes the run, which
    ends with the same bytes as an uninterrupted run (except for times). A finished run is left as it is.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    progress, folder, choice = progress or silent, SuiteRun(output), choice or Choice()
    data = None if data is None else Path(data)
    if explain and suite.task != "open":
        raise ConfigError(f"--explain: {suite.name} is a {suite.task} suite, only open ones have replies to explain")
    folder.refuse_other_files()
    models = Models()
    prepared = [
        _prepare(suite, part, models, choice, data, Path(indexes), settings, progress, problems or _ignore)
        for part in suite.parts
    ]
    folder.begin(facts_of(suite, prepared, models.encoder, choice, explain))
    if folder.finished:
        return folder
    started, first = time.perf_counter(), 0
    for ready in prepared:
        if not all(folder.has(chunk) for chunk in _chunks(ready)):
            progress(f"loading {ready.part.name}", 0, None)
            examine = _examiner(suite, ready, models, explain)
            _run_part(ready, examine, folder, first, progress)
        first += len(ready.questions)
    folder.finish([chunk for ready in prepared for chunk in _chunks(ready)])
    _write_cost(folder, prepared, time.perf_counter() - started)
    return folder


class Models:
    """Loads each model once, however many parts use it."""

    def __init__(self) -> None:
        self._encoders: dict[tuple[str, str, str], Encoder] = {}

    def encoder(self, config: Config) -> Encoder:
        """The encoder that a part's settings name."""
        name, language, device = chosen = config.index.encoder, config.index.language, config.device
        if chosen not in self._encoders:
            self._encoders[chosen] = load_encoder(name, language=language, device=device)
        return self._encoders[chosen]


def _prepare(
    suite: Suite,
    part: SuitePart,
    models: Models,
    choice: Choice,
    data: Path | None,
    indexes: Path,
    settings: Sequence[str],
    progress: Progress,
    problems: Callable[[Problem], None],
) -> Prepared:
    progress(f"reading the questions of {part.name}", 0, None)
    files = locate(suite, part, data)
    config, origins = config_for(suite, part, settings)
    questions = read_questions(files.questions, part.questions_format, qrels=files.qrels, prefix=part.prefix)
    if suite.task == "reading" and not all(question.context for question in questions):
        raise SourceError(f"{files.questions}: a reading suite needs questions with their paragraphs (SQuAD format)")
    hashes = {path.name: sha256(path) for path in (files.questions, files.qrels) if path is not None}
    index = None
    if suite.task != "reading":
        index = indexes / part.index
        documents = _documents(part, files, problems)
        writer.update(index, config.index, models.encoder(config), documents, device=config.device, progress=progress)
    return Prepared(part, config, origins, choice.of(questions, suite.seed), hashes, index)


def _documents(part: SuitePart, files: PartFiles, problems: Callable[[Problem], None]) -> Iterator[Document]:
    if part.corpus_format == "auto":
        return read_documents(files.corpus, problems)
    return (document for path in files.corpus for document in read_collection(path, part.corpus_format))


def _chunks(ready: Prepared) -> list[str]:
    """The names of a part's chunks, in order."""
    return [f"{ready.part.name}-{start // CHUNK:06d}" for start in range(0, len(ready.questions), CHUNK)]


def _run_part(ready: Prepared, examine: Examine, folder: SuiteRun, first: int, progress: Progress) -> None:
    stage, total = f"asking {ready.part.name}", len(ready.questions)
    for place, chunk in enumerate(_chunks(ready)):
        start = place * CHUNK
        if not folder.has(chunk):
            findings = Findings()
            for number, question in enumerate(ready.questions[start : start + CHUNK], start):
                progress(stage, number, total)
                asked = _as_asked(question, ready)
                findings.records.append({**asked, **examine(first + number, question, findings)})
            folder.write(chunk, findings)
        progress(stage, min(start + CHUNK, total), total)


def _examiner(suite: Suite, ready: Prepared, models: Models, explain: bool) -> Examine:
    read = replace(ready.config.read, answers=ANSWERS, min_score=0.0, form="span")  # scoring applies the threshold
    config = replace(ready.config, read=read)
    if ready.index is None:
        names, chars, language = read.readers, read.max_answer_chars, config.index.language
        return examine_reading(load_readers(names, max_chars=chars, language=language, device=config.device))
    encoder = models.encoder(config)
    if suite.task == "retrieval":
        pipeline = Pipeline.load(ready.index, config, encoder=encoder, reads=False)
        return examine_retrieval(pipeline.retriever, CorpusView(pipeline.snapshot), suite.depth)
    pipeline = Pipeline.load(ready.index, config, encoder=encoder)
    return examine_open(pipeline, CorpusView(pipeline.snapshot), suite.depth, explain=explain)


def _as_asked(question: Question, ready: Prepared) -> dict[str, Any]:
    return {
        "id": question.id,
        "part": ready.part.name,
        "question": question.text,
        "references": list(question.answers),
        "pattern": question.pattern,
        "answerable": question.answerable,
        "positives": dict(question.positives),
        "language": ready.part.language,
        "meta": dict(question.meta),
    }


def _write_cost(folder: SuiteRun, prepared: Sequence[Prepared], seconds: float) -> None:
    sizes = {
        ready.part.name: round(Snapshot.open(ready.index, parts=()).info()["bytes"] / 1e6, 1)
        for ready in prepared
        if ready.index is not None
    }
    folder.keep_cost(Cost(round(seconds, 1), sizes, _peak_memory_mb()))


def _peak_memory_mb() -> float | None:
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def _ignore(problem: Problem) -> None:
    """The default for ``problems``: nobody is told of files that cannot be read."""
