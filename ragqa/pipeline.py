"""`Pipeline`: one generation of an index and the models with which it answers questions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self, Unpack

from ragqa.answering import Answering, checked, settings_for
from ragqa.asking import Ask, AskSettings, ReadSettings
from ragqa.composition import ModelSet, compose, load_models
from ragqa.config import Config
from ragqa.documents import Document
from ragqa.errors import RagqaError
from ragqa.evidence.calibration import Calibration
from ragqa.explanation import Explanation, explain
from ragqa.filters import Where
from ragqa.grounded import Grounding
from ragqa.grounding import ground
from ragqa.index.snapshot import Snapshot
from ragqa.protocols import Encoder, Reader, Reranker
from ragqa.retrieve import HybridRetriever
from ragqa.session import Session
from ragqa.store.passages import unmarked
from ragqa.types import Hit, Reply

BATCH = 32  # requests that are answered together
log = logging.getLogger("ragqa")


class Pipeline:
    """Answers questions from one generation of an index. Safe to use from several threads.

    It keeps the generation that it has opened until `refresh` is called. `close` it, or use it in a ``with``, to
    release the index's files; questions that are being answered at that moment still get their replies. It cannot be
    pickled.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder,
        reader: Reader | None = None,
        config: Config | None = None,
        reranker: Reranker | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        """Make a pipeline from opened parts. Without a ``calibration`` the scores are those of an
        unfitted score model.
        """
        self._start(snapshot, ModelSet(encoder, reader, reranker), config or Config(), calibration or Calibration())

    @classmethod
    def load(
        cls,
        directory: str | Path,
        config: Config | None = None,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        reranker: Reranker | None = None,
        reads: bool = True,
        device: str | None = None,
        **settings: Unpack[ReadSettings],
    ) -> Self:
        """Open the index's current generation and load the models, except those that are given.

        Settings given here (``risk=0.2``) apply to every question that does not set its own. ``device`` ("auto", "cpu",
        "cuda", "cuda:1") replaces the one in ``config``. With ``reads=False`` no reader is loaded, and the pipeline can
        only search. Without an ``encoder``, the one that ``config`` names is loaded, or the packaged one. If the index
        was built with another encoder, name it: no folder or hub model is loaded only because an index names it
        (`ConfigError`).
        """
        config = config or Config()
        read = settings_for(config.read, Ask("", **settings))
        config = replace(config, read=read, device=config.device if device is None else device)
        snapshot = Snapshot.open(directory, device=config.device)
        models = load_models(snapshot, config, encoder=encoder, reader=reader, reranker=reranker, reads=reads)
        loaded = cls.__new__(cls)
        loaded._start(snapshot, models, config, None)
        loaded._own_encoder = encoder is None
        return loaded

    def _start(self, snapshot: Snapshot, models: ModelSet, config: Config, calibration: Calibration | None) -> None:
        self.config = config
        self._models, self._calibration = models, calibration
        self._own_encoder, self._refreshing = False, threading.Lock()
        self._now: Answering | None = compose(snapshot, models, config, calibration)
        log.info("%s: opened generation %d, %d passages", snapshot.directory, snapshot.generation, snapshot.live)

    @property
    def answering(self) -> Answering:
        """The current generation with its models; it stays usable after `refresh` has opened another generation."""
        if self._now is None:
            raise RuntimeError("the pipeline is closed: load it again to ask")
        return self._now

    @property
    def snapshot(self) -> Snapshot:
        """The generation that answers questions now."""
        return self.answering.snapshot

    @property
    def retriever(self) -> HybridRetriever:
        """The retriever that finds passages in it."""
        return self.answering.retriever

    @property
    def reader(self) -> Reader | None:
        """The reader, None in a pipeline that only searches."""
        return self.answering.reader

    @property
    def calibration(self) -> Calibration:
        """The calibration of its scores."""
        return self.answering.calibration

    @property
    def threshold(self) -> float:
        """The lowest score at which an answer is given to a question without settings of its own."""
        return self.answering.request(Ask("?")).threshold

    @property
    def language(self) -> str:
        """The language that its documents were indexed in."""
        return self.snapshot.manifest.config.language

    def with_reader(self, reader: Reader) -> Self:
        """A new pipeline over the same generation with another reader; this pipeline does not change."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._models = replace(self._models, reader=reader)
        other._now, other._refreshing = self.answering.with_reader(reader), threading.Lock()
        return other

    def refresh(self) -> bool:
        """Open the index's current generation if it is not the one in use; returns whether it opened one.

        Questions that are being answered meanwhile get their replies from the old generation. If the new one cannot be
        opened, or was built with another encoder than the pipeline's, the error is raised and nothing changes.
        """
        with self._refreshing:
            old = self.snapshot
            if old.is_current():
                return False
            new = Snapshot.open(old.directory, device=self.config.device)
            models = self._models
            same = new.manifest.encoder.fingerprint == old.manifest.encoder.fingerprint
            if self._own_encoder and not same:
                models = load_models(new, self.config, reader=models.reader, reranker=models.reranker, reads=False)
            self._now, self._models = compose(new, models, self.config, self._calibration), models
            log.info("%s: opened generation %d, %d passages", new.directory, new.generation, new.live)
            return True

    def close(self) -> None:
        """Release the index and the models; asking afterwards is a `RuntimeError`."""
        self._now = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Pipeline cannot be pickled, as it holds open files and models: load it in each process (Pipeline.load)"
        )

    def ask(self, question: str, **settings: Unpack[AskSettings]) -> Reply:
        """Answer one question; ``settings`` are those of an `Ask`."""
        return _replies(self.answer([Ask(question, **settings)]))[0]

    def ask_many(self, questions: Iterable[str], **settings: Unpack[AskSettings]) -> list[Reply]:
        """Answer questions in order; the replies are the same as from `ask`, one by one."""
        return list(self.ask_iter(questions, **settings))

    def ask_iter(self, questions: Iterable[str], **settings: Unpack[AskSettings]) -> Iterator[Reply]:
        """Answer a stream of questions in order, in batches; the error of the first question that fails is raised."""
        for batch in _batches(Ask(question, **settings) for question in questions):
            yield from _replies(self.answering.answer(batch))

    def answer(self, asks: Iterable[Ask]) -> list[Reply | RagqaError]:
        """One reply for each request, in order, all from one generation. Each request may have settings of its own.

        An error in a request (`QuestionError`, `ConfigError`) takes the place of its reply and affects no other. An
        error of the index or of a model is raised.
        """
        answering = self.answering
        return [reply for batch in _batches(asks) for reply in answering.answer(batch)]

    def explain(self, question: str, **settings: Unpack[AskSettings]) -> Explanation:
        """Answer one question and explain the reply: what each stage found and decided (see `ragqa.explanation`)."""
        answering = self.answering
        return explain(answering, answering.request(Ask(question, **settings)))

    def ground(self, text: str, *, where: Where | None = None) -> Grounding:
        """Compare a text of somebody else's with the index: which places support each of its sentences, and which none
        does (see `ragqa.grounding`). It needs no reader.
        """
        return ground(self.answering, text, where)

    def session(self, *, where: Where | None = None) -> Session:
        """A conversation, in which a question may refer to earlier ones; cheap, for one thread (see
        `ragqa.session`).
        """
        return Session(self, where=where)

    def search(self, question: str, k: int = 10, *, where: Where | None = None) -> list[Hit]:
        """The ``k`` best passages, fewer if the index holds fewer."""
        return self.search_many([question], k, where=where)[0]

    def search_many(self, questions: Sequence[str], k: int = 10, *, where: Where | None = None) -> list[list[Hit]]:
        """The best passages of each question."""
        return self.retriever.retrieve([checked(question) for question in questions], k, where)

    def get(self, doc_id: str) -> Document | None:
        """The document of this id in the generation that is in use, as it was given."""
        found = self.snapshot.document(doc_id)
        return None if found is None else unmarked(found)

    def read(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Reply]:
        """Replies from passages that were found before, best first for each question."""
        answering = self.answering
        return answering.read([answering.request(Ask(question)) for question in questions], hits)


def _batches(asks: Iterable[Ask]) -> Iterator[list[Ask]]:
    stream = iter(asks)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _replies(results: Sequence[Reply | RagqaError]) -> list[Reply]:
    replies = []
    for result in results:
        if isinstance(result, RagqaError):
            raise result
        replies.append(result)
    return replies
