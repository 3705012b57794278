"""From an index and settings to what answers questions: the one place where index and models are put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ragqa.answering import Answering
from ragqa.config import RELEVANCE, Config, ReadConfig
from ragqa.evidence.calibration import Calibration, has_checksum, load_calibration
from ragqa.faq import StoredAnswers
from ragqa.index.snapshot import Snapshot
from ragqa.models.catalog import encoder_name, load_encoder, load_reranker, reader_beside, reader_calibration
from ragqa.models.ensemble import load_readers, readers_fingerprint
from ragqa.models.remembering import Remembering
from ragqa.protocols import Encoder, Reader, Reranker
from ragqa.rerank import RelevanceReranker
from ragqa.retrieve import HybridRetriever
from ragqa.store.layout import CALIBRATION
from ragqa.store.outside import place_named


@dataclass(frozen=True, slots=True)
class ModelSet:
    """The models that ask an index. ``reranker`` is a cross-encoder; without a ``reader`` nothing can be answered."""

    encoder: Encoder
    reader: Reader | None = None
    reranker: Reranker | None = None


def load_models(
    snapshot: Snapshot,
    config: Config,
    *,
    encoder: Encoder | None = None,
    reader: Reader | None = None,
    reranker: Reranker | None = None,
    reads: bool = True,
) -> ModelSet:
    """The models that the settings name, but for those given here; no reader without ``reads``, unless it reranks.

    Without an encoder, the one that ``config`` names is loaded, or the packaged one. An index that was built with
    another has to be given that by name again: no index loads a folder or a hub's model by itself (`ConfigError`).
    """
    language = snapshot.manifest.config.language
    if encoder is None:
        name = encoder_name(snapshot.manifest.encoder, snapshot.directory, config.index.encoder, language)
        encoder = load_encoder(name, language=language, device=config.device)
    by_relevance = config.retrieve.reranker == RELEVANCE
    if reader is None and (reads or (by_relevance and reranker is None)):
        names, chars = readers_of(snapshot, config.read), config.read.max_answer_chars
        reader = load_readers(names, max_chars=chars, language=language, device=config.device)
    if by_relevance and reader is not None and not isinstance(reader, Remembering):
        reader = Remembering(reader)  # what it has read for the order of passages is not read again for the answers
    if reranker is None and config.retrieve.reranker and not by_relevance:
        reranker = load_reranker(config.retrieve.reranker, language=language, device=config.device)
    return ModelSet(encoder, reader, reranker)


def readers_of(snapshot: Snapshot, read: ReadConfig) -> tuple[str, ...]:
    """The names of the readers of an index; for the default the one that is a pair with the index' encoder."""
    return tuple(reader_beside(snapshot.manifest.encoder.fingerprint, name) for name in read.readers)


def compose(snapshot: Snapshot, models: ModelSet, config: Config, calibration: Calibration | None = None) -> Answering:
    """A generation with its models; without a ``calibration`` given, the one that `find_calibration` finds.

    `FingerprintMismatch` if the index was built with another encoder.
    """
    if calibration is None:
        calibration = Calibration() if models.reader is None else find_calibration(snapshot, config.read)
    if calibration.encoder != models.encoder.fingerprint:
        calibration = replace(calibration, stop=None)  # with other priors reading ends where it is certain
    stored, reranker = stored_answers(snapshot, config), models.reranker
    if reranker is None and config.retrieve.reranker == RELEVANCE and models.reader is not None:
        reranker = RelevanceReranker(models.reader, stored, calibration.weights)
    retriever = HybridRetriever(snapshot, models.encoder, config.retrieve, reranker)
    return Answering(retriever, models.reader, stored, calibration, config)


def stored_answers(snapshot: Snapshot, config: Config) -> StoredAnswers:
    """What gives the stored answers of an index, as its hits are found."""
    return StoredAnswers(snapshot.analyzer, dense=config.retrieve.fusion != "bm25")


def find_calibration(snapshot: Snapshot, read: ReadConfig) -> Calibration:
    """The calibration that settings name, else the index's own if it fits, else the reader's."""
    if read.calibration:
        return load_calibration(place_named(read.calibration))
    return _own_calibration(snapshot, read) or _shipped_calibration(snapshot, read)


def describe_calibration(snapshot: Snapshot, read: ReadConfig) -> str:
    """In words: what the scores of an index were fitted to."""
    if own := _own_calibration(snapshot, read):
        sealed = has_checksum(snapshot.directory / CALIBRATION)
        unsure = "" if sealed else " (a file without a checksum: ragqa calibrate writes one)"
        return f"fitted to {own.questions:,} questions of {', '.join(own.data)}{unsure}"
    unfit = ""
    if (snapshot.directory / CALIBRATION).is_file():
        unfit = "; the index's own fit is for another reader or encoder"
    shipped = _shipped_calibration(snapshot, read)
    if not shipped.questions:
        return f"not calibrated{unfit}: ragqa calibrate fits them"
    return f"as fitted to {shipped.questions:,} questions of other documents{unfit}: ragqa calibrate refits"


def _own_calibration(snapshot: Snapshot, read: ReadConfig) -> Calibration | None:
    """What `ragqa calibrate` left in the index, if it is for this reader and for the vectors that are there now."""
    path = snapshot.directory / CALIBRATION
    if not path.is_file():
        return None
    own = load_calibration(path)
    manifest = snapshot.manifest
    now = readers_fingerprint(readers_of(snapshot, read), manifest.config.language), manifest.encoder.fingerprint
    return own if (own.reader, own.encoder) == now else None


def _shipped_calibration(snapshot: Snapshot, read: ReadConfig) -> Calibration:
    """What came with the reader; nothing is known of an ensemble, nor of a checkpoint."""
    (name, *others), language = readers_of(snapshot, read), snapshot.manifest.config.language
    path = None if others else reader_calibration(name, language)
    return Calibration() if path is None else load_calibration(path)
