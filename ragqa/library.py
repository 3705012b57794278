"""An index as a program sees it: documents in, documents out, whatever it lies in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np

from ragqa.config import Config, IndexConfig
from ragqa.convert import flatten, override
from ragqa.corpus.limits import Limits
from ragqa.corpus.read import Problem
from ragqa.device import AUTO, check_device
from ragqa.documents import Document
from ragqa.errors import ConfigError, IndexNotFound
from ragqa.filters import Where, parse_filter
from ragqa.index import verify as checking
from ragqa.index import writer
from ragqa.index.report import BuildReport, Progress
from ragqa.index.snapshot import Snapshot
from ragqa.index.sources import Rule
from ragqa.indexing import Named, build
from ragqa.models.catalog import DEFAULT, encoder_name, load_encoder
from ragqa.protocols import Encoder
from ragqa.store.passages import unmarked

READ_DOCUMENTS = 256
LOG = logging.getLogger("ragqa.index")
_SETTINGS = {"language": "language", "words": "split.words", "overlap": "split.overlap", "dense": "dense"}


class Index:
    """The index in a directory, which is made, without documents, if there is none.

    Documents that a program gives (`upsert`) and documents read from files (`sync`) live side by side. Every change is
    one new generation or none, as a whole or not at all; every question is answered from the newest generation, whoever
    has written it. Safe to use from several threads, whose changes wait for one another; a change while another process
    is changing the index is an `IndexLocked`. Use it in a ``with`` or `close` it. It cannot be pickled.
    """

    def __init__(
        self,
        directory: str | Path,
        config: IndexConfig | None = None,
        *,
        encoder: Encoder | None = None,
        language: str | None = None,
        words: int | None = None,
        overlap: int | None = None,
        dense: str | None = None,
        device: str = AUTO,
    ) -> None:
        """Open the index, or make it with these settings, which are those of `IndexConfig`.

        What is not given here is as ``config`` says, or else as the index has it, or by default. Settings that are
        given and differ from those of an existing index are a `ConfigError`. ``encoder`` is taken instead of the one
        that the settings name, which runs on ``device``; what only reads needs none.
        """
        self.directory = Path(directory)
        check_device(device)
        self._device = device
        self._encoder, self._changing, self._opening = encoder, threading.RLock(), threading.RLock()
        self._snapshot: Snapshot | None = None
        self._closed = False
        given = {"language": language, "words": words, "overlap": overlap, "dense": dense}
        changes = {_SETTINGS[name]: value for name, value in given.items() if value is not None}
        try:
            self._check_settings(config, changes)
        except IndexNotFound:
            made = override(config or IndexConfig(), changes)
            self._encoder = encoder or load_encoder(made.encoder, language=made.language, device=device)
            writer.upsert(self.directory, made, self._encoder, (), device=device)
        self._named = config.encoder if config is not None else DEFAULT
        LOG.info("%s: opened generation %d, %d documents", directory, self.generation, len(self))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("an Index cannot be pickled: open it again, by its directory, where it is needed")

    def __len__(self) -> int:
        """How many documents there are."""
        return self._now().manifest.live_documents

    @property
    def generation(self) -> int:
        """The number of the newest generation."""
        return self._now().generation

    @property
    def config(self) -> IndexConfig:
        """The settings that it was made with."""
        return self._now().manifest.config

    def sync(
        self,
        sources: Named,
        *,
        others: Rule = "same",
        strict: bool = False,
        synonyms: str | Path | None = None,
        limits: Limits | None = None,
        follow: bool = False,
        problems: Callable[[Problem], None] | None = None,
        progress: Progress | None = None,
    ) -> BuildReport:
        """Bring what came from files in line with the files and folders ``sources``; see `ragqa.build`.

        Documents that a program gave stay, but for those whose id a document from a file has.
        """
        with self._changing:
            return build(
                sources,
                self.directory,
                Config(index=self.config, device=self._device),
                encoder=self._writing_encoder(),
                strict=strict,
                synonyms=synonyms,
                limits=limits,
                follow=follow,
                others=others,
                problems=problems,
                progress=progress,
            )

    def upsert(self, documents: Iterable[Document], *, progress: Progress | None = None) -> BuildReport:
        """Add these documents, in place of those of the same ids.

        The iterable is read once and never held whole. A document that is there already as it is given (by title, text
        and metadata) costs nothing, and if all are, nothing is written. Two different documents of one id, and metadata
        that cannot be kept (see `ragqa.metadata`), are a `SourceError`, and then nothing has changed.
        """
        if isinstance(documents, Document):
            raise TypeError("upsert takes several documents: give a list of them, such as [document]")
        with self._changing:
            encoder = self._writing_encoder()
            return writer.upsert(
                self.directory, self.config, encoder, documents, device=self._device, progress=progress
            )

    def delete(self, ids: Iterable[str] = (), *, where: Where | None = None) -> int:
        """Delete the documents of these ids and those that a filter is about; how many there were.

        Ids that are not there are passed over. Documents from files come back with the next `sync`.
        """
        if isinstance(ids, str):
            raise TypeError(f"delete takes several ids: give a list of them, such as [{ids!r}]")
        wanted, named = parse_filter(where), list(ids)
        if where is not None and wanted is None:
            raise ConfigError("delete: an empty filter is about every document: name ids, or a condition")
        if not named and wanted is None:
            return 0
        with self._changing:
            self._now()
            return writer.delete(self.directory, named, where=wanted).removed

    def get(self, doc_id: str) -> Document | None:
        """The document of this id, as it was given."""
        found = self._now().document(doc_id)
        return None if found is None else unmarked(found)

    def documents(self) -> Iterator[Document]:
        """All documents, as they were given, of the generation that is the newest when the first one is asked for."""
        snapshot = self._now()
        for segment, store in enumerate(snapshot.stores):
            numbers = snapshot.live_documents(segment)
            for start in range(0, len(numbers), READ_DOCUMENTS):
                yield from map(unmarked, store.documents(np.asarray(numbers[start : start + READ_DOCUMENTS])))

    def info(self) -> dict[str, Any]:
        """What the index holds and how it was made, as `ragqa info` shows it."""
        return self._now().info()

    def verify(self, progress: Progress | None = None) -> list[str]:
        """One line for each thing that is wrong with the index; none means that every byte is as it was written."""
        self._now()
        return checking.verify(self.directory, progress)

    def compact(self, progress: Progress | None = None) -> BuildReport:
        """Merge the index into one segment without deleted documents; nothing is encoded again."""
        with self._changing:
            self._now()
            return writer.compact(self.directory, progress, device=self._device)

    def close(self) -> None:
        """Let go of the index's files; further use is a `RuntimeError`."""
        self._closed, self._snapshot = True, None

    def _now(self) -> Snapshot:
        """The newest generation, opened."""
        with self._opening:
            if self._closed:
                raise RuntimeError(f"{self.directory}: the index is closed: open it again to use it")
            if self._snapshot is None or not self._snapshot.is_current():
                self._snapshot = Snapshot.open(self.directory, parts=("passages",))
            return self._snapshot

    def _writing_encoder(self) -> Encoder:
        if self._encoder is None:
            manifest = self._now().manifest
            name = encoder_name(manifest.encoder, self.directory, self._named, manifest.config.language)
            self._encoder = load_encoder(name, language=manifest.config.language, device=self._device)
        return self._encoder

    def _check_settings(self, config: IndexConfig | None, changes: dict[str, Any]) -> None:
        """That what is given is what the index has; the name of an encoder is only a name."""
        own = self._now().manifest.config
        wanted = override(own if config is None else config, changes | {"encoder": own.encoder})
        if wanted != own:
            ours, theirs = (dict(flatten(asdict(settings))) for settings in (own, wanted))
            different = [f"{name} is {ours[name]}, not {theirs[name]}" for name in ours if ours[name] != theirs[name]]
            raise ConfigError(
                f"{self.directory}: was made with other settings ({', '.join(different)}): "
                f"open it without them, or make an index in another place"
            )
