"""Run a suite: models answer its questions once, and everything about each is kept in a run's folder."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ragqa.answering import UNPROMISED, threshold
from ragqa.composition import find_calibration
from ragqa.config import RELEVANCE, Config, to_dict
from ragqa.corpus.files import Problem
from ragqa.corpus.read import read_documents
from ragqa.errors import ConfigError, SourceError
from ragqa.eval.runs.examine import ANSWERS, CorpusView, Examine, examine_open, examine_reading, examine_retrieval
from ragqa.eval.runs.folder import Findings, RunFolder
from ragqa.eval.runs.suite import Part, PartFiles, Suite, config_for, load_suite, locate
from ragqa.index import writer
from ragqa.index.fingerprint import index_fingerprint
from ragqa.index.report import Progress, silent
from ragqa.index.snapshot import Snapshot
from ragqa.judging.collections import read_collection
from ragqa.judging.questions import read_questions
from ragqa.models.catalog import load_encoder, reranker_fingerprint
from ragqa.models.ensemble import load_readers, readers_fingerprint
from ragqa.pipeline import Pipeline
from ragqa.protocols import Encoder
from ragqa.store.atomic import replace_file, sha256, storing
from ragqa.types import Document, Question
from ragqa.version import __version__

CHUNK = 64
COST = "cost.json"
DECISIVE = ("examine", "folder", "runner", "suite")  # of ragqa.eval
LIBRARIES = (
    "faiss-cpu",
    "faiss-gpu",
    "numpy",
    "onnxruntime",
    "rank-bm25",
    "tantivy",
    "tokenizers",
    "torch",
    "transformers",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of a suite's questions: the first ``limit`` of each part, or ``sample`` of them at random."""

    limit: int | None = None
    sample: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        """Numbers that make sense."""
        if self.limit is not None and self.sample is not None:
            raise ConfigError("--limit and --sample: give one of them")
        if any(number is not None and number < 1 for number in (self.limit, self.sample)):
            raise ConfigError("--limit and --sample must be at least 1")

    def of(self, questions: Sequence[Question], seed: int) -> list[Question]:
        """The chosen questions, in the order of the file."""
        if self.sample is None or self.sample >= len(questions):
            return list(questions[: self.limit])
        chosen = random.Random(seed if self.seed is None else self.seed)  # noqa: S311 - repeatable, not secret
        return [questions[place] for place in sorted(chosen.sample(range(len(questions)), self.sample))]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A part that is ready to be run; ``index`` is None where nothing is retrieved."""

    part: Part
    config: Config
    origins: dict[str, str]
    questions: list[Question]
    files: dict[str, str]
    index: Path | None

    @property
    def chunks(self) -> list[str]:
        """The names of its chunks, in order."""
        return [f"{self.part.name}-{start // CHUNK:06d}" for start in range(0, len(self.questions), CHUNK)]


def run(
    suite: str | Path | Suite,
    output: str | Path,
    *,
    data: str | Path | None = None,
    indexes: str | Path = "indexes",
    settings: Sequence[str] = (),
    choice: Choice | None = None,
    explain: bool = False,
    progress: Progress | None = None,
    problems: Callable[[Problem], None] | None = None,
) -> RunFolder:
    """Answer the questions of a suite and keep everything in ``output``, with ``explain`` what replies are made of.

    Indexes are built or updated under ``indexes`` first. Given again after an interruption it goes on where it was,
    and leaves the same bytes as an uninterrupted run (but for times). A finished run is left as it is.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    progress, folder, choice = progress or silent, RunFolder(output), choice or Choice()
    data = None if data is None else Path(data)
    if explain and suite.task != "open":
        raise ConfigError(f"--explain: {suite.name} is a {suite.task} suite, only open ones have replies to explain")
    folder.refuse_other_files()
    models = Models()
    prepared = [
        _prepare(suite, part, models, choice, data, Path(indexes), settings, progress, problems or _ignore)
        for part in suite.parts
    ]
    folder.begin(_facts(suite, prepared, models, choice, explain))
    if folder.finished:
        return folder
    started, first = time.perf_counter(), 0
    for ready in prepared:
        if not all(folder.has(chunk) for chunk in ready.chunks):
            examine = _examiner(suite, ready, models, explain)
            _run_part(ready, examine, folder, first, progress)
        first += len(ready.questions)
    folder.finish([chunk for ready in prepared for chunk in ready.chunks])
    _write_cost(folder, prepared, time.perf_counter() - started)
    return folder


class Models:
    """Each model is loaded once, whichever parts use it."""

    def __init__(self) -> None:
        self._encoders: dict[str, Encoder] = {}

    def encoder(self, name: str) -> Encoder:
        """The encoder of that name."""
        if name not in self._encoders:
            self._encoders[name] = load_encoder(name)
        return self._encoders[name]


def _prepare(
    suite: Suite,
    part: Part,
    models: Models,
    choice: Choice,
    data: Path | None,
    indexes: Path,
    settings: Sequence[str],
    progress: Progress,
    problems: Callable[[Problem], None],
) -> Prepared:
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
        writer.update(index, config.index, models.encoder(config.index.encoder), documents, progress=progress)
    return Prepared(part, config, origins, choice.of(questions, suite.seed), hashes, index)


def _documents(part: Part, files: PartFiles, problems: Callable[[Problem], None]) -> Iterator[Document]:
    if part.corpus_format == "auto":
        return read_documents(files.corpus, problems)
    return (document for path in files.corpus for document in read_collection(path, part.corpus_format))


def _run_part(ready: Prepared, examine: Examine, folder: RunFolder, first: int, progress: Progress) -> None:
    total = len(ready.questions)
    for place, chunk in enumerate(ready.chunks):
        start = place * CHUNK
        if not folder.has(chunk):
            findings = Findings()
            for number, question in enumerate(ready.questions[start : start + CHUNK], first + start):
                asked = _as_asked(question, ready)
                findings.records.append({**asked, **examine(number, question, findings)})
            folder.write(chunk, findings)
        progress(f"asking {ready.part.name}", min(start + CHUNK, total), total)


def _examiner(suite: Suite, ready: Prepared, models: Models, explain: bool) -> Examine:
    read = replace(ready.config.read, answers=ANSWERS, min_score=0.0)  # a threshold is for scoring
    config = replace(ready.config, read=read)
    if ready.index is None:
        return examine_reading(load_readers(config.read.readers, max_chars=config.read.max_answer_chars))
    encoder = models.encoder(config.index.encoder)
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


def _facts(suite: Suite, prepared: Sequence[Prepared], models: Models, choice: Choice, explain: bool) -> dict[str, Any]:
    """The content of run.json. Its hash is over all that decides the outcome, so not over the machine or paths."""
    decisive = {
        "suite": suite.name,
        "task": suite.task,
        "depth": suite.depth,
        "ks": list(suite.ks),
        "seed": suite.seed if choice.seed is None else choice.seed,
        "limit": choice.limit,
        "sample": choice.sample,
        "explain": explain,
        "ragqa": __version__,
        "code": _code_hash(),
        "libraries": _versions(),
        "parts": {ready.part.name: _part_facts(ready, models, suite.task) for ready in prepared},
    }
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
    }
    origins = {ready.part.name: ready.origins for ready in prepared}
    return {"hash": digest, **decisive, "origins": origins, "machine": machine}


def _part_facts(ready: Prepared, models: Models, task: str) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "questions": len(ready.questions),
        "language": ready.part.language,
        "files": ready.files,
        "config": to_dict(ready.config),
    }
    reranker = ready.config.retrieve.reranker
    if task != "retrieval" or reranker == RELEVANCE:
        facts["reader"] = readers_fingerprint(ready.config.read.readers)
    if task == "reading":
        set_to = ready.config.read.min_score
        facts["threshold"] = UNPROMISED if set_to is None else set_to
    if ready.index is not None:
        encoder = models.encoder(ready.config.index.encoder)
        facts["encoder"] = encoder.fingerprint
        if (questions := getattr(encoder, "question_fingerprint", None)) is not None:
            facts["question_encoder"] = questions
        snapshot = Snapshot.open(ready.index, parts=("passages",))
        facts["index"] = index_fingerprint(snapshot)
        if reranker not in ("", RELEVANCE):
            facts["reranker"] = reranker_fingerprint(reranker)
        if "reader" in facts:
            calibration = find_calibration(snapshot, ready.config.read)
            facts["threshold"] = min(threshold(ready.config.read, calibration), 2.0)  # infinity is not JSON
            facts["calibration"] = asdict(calibration)
    return facts


def _code_hash() -> str:
    """Of those of ragqa's own modules that decide what a run finds."""
    root, digest = Path(__file__).parents[2], hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if name.parts[0] not in ("cli", "server", "mining", "train") and (
            name.parts[0] != "eval" or name.stem in DECISIVE
        ):
            digest.update(name.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _write_cost(folder: RunFolder, prepared: Sequence[Prepared], seconds: float) -> None:
    """What the whole run cost; of an interrupted one, what its last piece cost."""
    cost: dict[str, Any] = {
        "seconds": round(seconds, 1),
        "peak_memory_mb": _peak_memory_mb(),
        "index_mb": {
            ready.part.name: round(Snapshot.open(ready.index, parts=()).info()["bytes"] / 1e6, 1)
            for ready in prepared
            if ready.index is not None
        },
    }
    with storing(folder.path / COST):
        replace_file(folder.path / COST, (json.dumps(cost, indent=2) + "\n").encode())


def _peak_memory_mb() -> float | None:
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


def _ignore(problem: Problem) -> None:
    """Files of a suite that cannot be read are told to those who ask."""
