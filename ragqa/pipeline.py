"""Questions in, replies out: retrieve, read until settled, combine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ragqa.config import RELEVANCE, Config, ReadConfig
from ragqa.errors import QuestionError
from ragqa.evidence.answers import CONSIDERED, null_share, rank_answers
from ragqa.evidence.calibration import Calibration, has_checksum, load_calibration
from ragqa.evidence.masses import Evidence
from ragqa.faq import StoredAnswers
from ragqa.index.snapshot import Snapshot
from ragqa.models.catalog import encoder_name, load_encoder, load_reranker, reader_calibration
from ragqa.models.ensemble import load_readers, readers_fingerprint
from ragqa.models.remembering import Remembering
from ragqa.protocols import Encoder, Reader, Reranker
from ragqa.rerank import RelevanceReranker
from ragqa.retrieve import HybridRetriever
from ragqa.store.layout import CALIBRATION
from ragqa.store.outside import place_named
from ragqa.store.passages import encodable
from ragqa.timing import Stopwatch
from ragqa.types import Hit, Reply

if TYPE_CHECKING:
    from ragqa.explanation import Explanation
    from ragqa.session import Session

BATCH = 32
UNPROMISED = 0.15  # the threshold where no questions were held out to promise anything


class Pipeline:
    """One generation of an index with its encoder and a reader; safe to ask from several threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder,
        reader: Reader,
        config: Config | None = None,
        reranker: Reranker | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.snapshot, self.reader = snapshot, reader
        self.config = config or Config()
        self.calibration = calibration or Calibration()
        self.threshold = threshold(self.config.read, self.calibration)
        self.retriever = HybridRetriever(snapshot, encoder, self.config.retrieve, reranker)
        self.stored = stored_answers(snapshot, self.config)

    @classmethod
    def load(
        cls,
        directory: str | Path,
        config: Config | None = None,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        reranker: Reranker | None = None,
    ) -> Pipeline:
        """Open the index's current generation and the models; models given here are taken instead of loaded ones.

        Without an encoder, the one that ``config`` names is loaded, or the packaged one. An index that was built with
        another has to be given that by name again: no index loads a folder or a hub's model by itself (`ConfigError`).
        """
        config = config or Config()
        snapshot = Snapshot.open(directory)
        if encoder is None:
            encoder = load_encoder(encoder_name(snapshot.manifest.encoder, directory, config.index.encoder))
        reader = reader or load_readers(config.read.readers, max_chars=config.read.max_answer_chars)
        if config.retrieve.reranker == RELEVANCE:
            reader = Remembering(reader)
        reranker = reranker or find_reranker(snapshot, config, reader)
        return cls(snapshot, encoder, reader, config, reranker, find_calibration(snapshot, config.read))

    def ask(self, question: str, *, where: Mapping[str, str] | None = None) -> Reply:
        """Answer one question."""
        return self.ask_many([question], where=where)[0]

    def ask_many(self, questions: Sequence[str], *, where: Mapping[str, str] | None = None) -> list[Reply]:
        """Answer questions in order; the same replies as one at a time."""
        return list(self.ask_iter(questions, where=where))

    def ask_iter(self, questions: Iterable[str], *, where: Mapping[str, str] | None = None) -> Iterator[Reply]:
        """Answer a stream of questions in order, a batch at a time."""
        stream = iter(questions)
        while batch := list(islice(stream, BATCH)):
            yield from self._ask_batch(batch, where)

    def session(self, *, where: Mapping[str, str] | None = None) -> Session:
        """A talk in which a question may lean on those before it; cheap, for one thread (see `ragqa.session`)."""
        from ragqa.session import Session

        return Session(self, where=where)

    def explain(self, question: str, *, where: Mapping[str, str] | None = None) -> Explanation:
        """Answer one question and say why: the reply, and what each stage made of it (see `ragqa.explanation`)."""
        from ragqa.explanation import explain

        return explain(self, checked(question), where)

    def search(self, question: str, k: int = 10, *, where: Mapping[str, str] | None = None) -> list[Hit]:
        """The ``k`` best passages, fewer if the index holds fewer."""
        return self.search_many([question], k, where=where)[0]

    def search_many(
        self, questions: Sequence[str], k: int = 10, *, where: Mapping[str, str] | None = None
    ) -> list[list[Hit]]:
        """The best passages of each question."""
        return self.find([checked(question) for question in questions], k, where, Stopwatch())

    def find(
        self, questions: Sequence[str], k: int, where: Mapping[str, str] | None, watch: Stopwatch
    ) -> list[list[Hit]]:
        """The best ``k`` passages of each `checked` question, in the order in which they are to be read."""
        return self.retriever.retrieve(questions, k, where, watch)

    def read(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], watch: Stopwatch | None = None
    ) -> list[Reply]:
        """Replies from passages already found, each question's best first."""
        watch = watch or Stopwatch()
        evidence = self.weigh(questions, hits)
        watch.lap("read")
        timings = watch.share(max(1, len(questions)))
        return [self.conclude(question, seen, timings) for question, seen in zip(questions, evidence, strict=True)]

    def weigh(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Evidence]:
        """What reading shows of each question's hits, best first, until the rest cannot change the best answer."""
        evidence = [Evidence(found, self.calibration.weights) for found in hits]
        self._read_until_settled(questions, evidence)
        return evidence

    def conclude(self, question: str, seen: Evidence, timings: Mapping[str, float]) -> Reply:
        """The answers that are sure enough to be given; if none is, the best as candidates."""
        read = self.config.read
        best = rank_answers(seen, self.calibration.score, CONSIDERED if read.all else read.answers)
        given = tuple(answer for answer in best if answer.score >= self.threshold)
        candidates = () if given else best[: read.answers]
        hits, generation, null = tuple(seen.hits), self.snapshot.generation, null_share(seen)
        return Reply(question, given, hits, generation, timings, seen.read, null, candidates)

    def _ask_batch(self, questions: list[str], where: Mapping[str, str] | None) -> list[Reply]:
        clean, watch = [checked(question) for question in questions], Stopwatch()
        hits = self.find(clean, self.config.read.passages, where, watch)
        return self.read(clean, hits, watch)

    def _read_until_settled(self, questions: Sequence[str], evidence: Sequence[Evidence]) -> None:
        """Each round reads the next passage of every question that is still open."""
        while pending := [index for index, seen in enumerate(evidence) if self._is_open(seen)]:
            hits = [evidence[index].hits[evidence[index].read] for index in pending]
            spans = self.stored.read(self.reader, [questions[index] for index in pending], hits)
            for index, found in zip(pending, spans, strict=True):
                evidence[index].add(found)

    def _is_open(self, seen: Evidence) -> bool:
        """Whether more is to be read: for a list of answers all, for the best as long as it could change."""
        return seen.read < len(seen.hits) if self.config.read.all else not seen.settled()


def threshold(read: ReadConfig, calibration: Calibration) -> float:
    """The score an answer must reach to be given: ``min_score`` if set, else what keeps the ``risk``.

    A risk that the calibration cannot promise lets no answer through; with nothing to promise from it is `UNPROMISED`.
    """
    if read.min_score is not None:
        return read.min_score
    if not calibration.curve:
        return UNPROMISED
    found = calibration.threshold(read.risk)
    return math.inf if found is None else found


def stored_answers(snapshot: Snapshot, config: Config) -> StoredAnswers:
    """What gives the stored answers of an index, as its hits are found."""
    return StoredAnswers(snapshot.analyzer, dense=config.retrieve.fusion != "bm25")


def find_reranker(snapshot: Snapshot, config: Config, reader: Reader | None = None) -> Reranker | None:
    """The reranker that settings name, if they do; "relevance" takes ``reader``, or loads the one that they name."""
    name = config.retrieve.reranker
    if name != RELEVANCE:
        return load_reranker(name) if name else None
    reader = reader or load_readers(config.read.readers, max_chars=config.read.max_answer_chars)
    weights = find_calibration(snapshot, config.read).weights
    return RelevanceReranker(reader, stored_answers(snapshot, config), weights)


def find_calibration(snapshot: Snapshot, read: ReadConfig) -> Calibration:
    """The calibration that settings name, else the index's own if it fits, else the reader's."""
    if read.calibration:
        return load_calibration(place_named(read.calibration))
    return _own_calibration(snapshot, read) or _shipped_calibration(read)


def describe_calibration(snapshot: Snapshot, read: ReadConfig) -> str:
    """In words: what the scores of an index were fitted to."""
    if own := _own_calibration(snapshot, read):
        sealed = has_checksum(snapshot.directory / CALIBRATION)
        unsure = "" if sealed else " (a file without a checksum: ragqa calibrate writes one)"
        return f"fitted to {own.questions:,} questions of {', '.join(own.data)}{unsure}"
    unfit = ""
    if (snapshot.directory / CALIBRATION).is_file():
        unfit = "; the index's own fit is for another reader or encoder"
    shipped = _shipped_calibration(read)
    if not shipped.questions:
        return f"not calibrated{unfit}: ragqa calibrate fits them"
    return f"as fitted to {shipped.questions:,} questions of other documents{unfit}: ragqa calibrate refits"


def _own_calibration(snapshot: Snapshot, read: ReadConfig) -> Calibration | None:
    """What `ragqa calibrate` left in the index, if it is for this reader and for the vectors that are there now."""
    path = snapshot.directory / CALIBRATION
    if not path.is_file():
        return None
    own = load_calibration(path)
    now = readers_fingerprint(read.readers), snapshot.manifest.encoder.fingerprint
    return own if (own.reader, own.encoder) == now else None


def _shipped_calibration(read: ReadConfig) -> Calibration:
    """What came with the reader; nothing is known of an ensemble, nor of a checkpoint."""
    path = None if read.ensemble else reader_calibration(read.reader)
    return Calibration() if path is None else load_calibration(path)


def checked(question: str) -> str:
    """A question as text that can be written down, without outer white space; an empty one is an error.

    Bytes that a terminal gave and that are no character in its encoding become question marks.
    """
    if not isinstance(question, str):
        raise QuestionError(f"a question must be text, not {type(question).__name__}")
    clean = encodable(question).strip()
    if not clean:
        raise QuestionError("the question is empty: type something to ask")
    return clean
