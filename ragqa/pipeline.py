"""Questions in, replies out: retrieve, read until settled, combine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ragqa.answers import Evidence
from ragqa.config import Config
from ragqa.errors import ConfigError, QuestionError
from ragqa.index.snapshot import Snapshot
from ragqa.models.catalog import load_encoder
from ragqa.models.ensemble import load_readers
from ragqa.protocols import Encoder, Reader, Reranker
from ragqa.retrieve import HybridRetriever
from ragqa.store.passages import encodable
from ragqa.timing import Stopwatch
from ragqa.types import Hit, Reply

if TYPE_CHECKING:
    from ragqa.session import Session

BATCH = 32


class Pipeline:
    """One generation of an index with its encoder and a reader; safe to ask from several threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder,
        reader: Reader,
        config: Config | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.snapshot, self.reader, self.reranker = snapshot, reader, reranker
        self.config = config or Config()
        self.retriever = HybridRetriever(snapshot, encoder, self.config.retrieve)

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

        Without an encoder, the one named when the index was built is loaded.
        """
        config = config or Config()
        snapshot = Snapshot.open(directory)
        name = config.index.encoder
        encoder = encoder or load_encoder(snapshot.manifest.encoder.name if name == "default" else name)
        reader = reader or load_readers(config.read.readers, max_chars=config.read.max_answer_chars)
        return cls(snapshot, encoder, reader, config, reranker)

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

    def search(self, question: str, k: int = 10, *, where: Mapping[str, str] | None = None) -> list[Hit]:
        """The ``k`` best passages, fewer if the index holds fewer."""
        return self.search_many([question], k, where=where)[0]

    def search_many(
        self, questions: Sequence[str], k: int = 10, *, where: Mapping[str, str] | None = None
    ) -> list[list[Hit]]:
        """The best passages of each question."""
        return self._search([checked(question) for question in questions], k, where, Stopwatch())

    def read(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], watch: Stopwatch | None = None
    ) -> list[Reply]:
        """Replies from passages already found, each question's best first."""
        watch, read = watch or Stopwatch(), self.config.read
        weighing = read.retrieval_weight, read.evidence_cap, read.temperature
        evidence = [Evidence(found, *weighing) for found in hits]
        self._read_until_settled(questions, evidence)
        answers = [seen.answers(read.answers, read.min_score) for seen in evidence]
        watch.lap("read")
        timings, generation = watch.share(max(1, len(questions))), self.snapshot.generation
        return [
            Reply(question, given, tuple(seen.hits), generation, timings, seen.read, seen.null)
            for question, given, seen in zip(questions, answers, evidence, strict=True)
        ]

    def _search(
        self, questions: Sequence[str], k: int, where: Mapping[str, str] | None, watch: Stopwatch
    ) -> list[list[Hit]]:
        if k < 1:
            raise ConfigError(f"k is {k}: at least 1")
        hits = self.retriever.fetch(self.retriever.rank(questions, k, where, watch), k)
        watch.lap("fetch")
        if self.reranker is not None:
            hits = self.reranker.rerank(questions, hits, k)
            watch.lap("rerank")
        return hits

    def _ask_batch(self, questions: list[str], where: Mapping[str, str] | None) -> list[Reply]:
        clean, watch = [checked(question) for question in questions], Stopwatch()
        hits = self._search(clean, self.config.read.passages, where, watch)
        return self.read(clean, hits, watch)

    def _read_until_settled(self, questions: Sequence[str], evidence: Sequence[Evidence]) -> None:
        """Each round reads the next passage of every question that is still open."""
        while pending := [index for index, seen in enumerate(evidence) if not seen.settled()]:
            passages = [evidence[index].hits[evidence[index].read].passage for index in pending]
            spans = self.reader.read([questions[index] for index in pending], passages)
            for index, found in zip(pending, spans, strict=True):
                evidence[index].add(found)


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
