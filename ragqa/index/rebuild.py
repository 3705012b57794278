"""A new generation out of what is left of a damaged one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from ragqa.corpus.analyze import get_analyzer
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.errors import FingerprintMismatch
from ragqa.index.commit import Described, Setup, build_words, describe
from ragqa.index.damage import Care, Mask, Plan
from ragqa.index.dense import build_ann, open_vectors, wants_ann
from ragqa.index.derive import Reencoder
from ragqa.index.intake import Intake
from ragqa.index.report import Progress
from ragqa.index.segment import durable
from ragqa.protocols import Encoder
from ragqa.store.atomic import storing, sync_folder
from ragqa.store.copying import take_folder
from ragqa.store.layout import ANN, VECTORS
from ragqa.store.manifest import EncoderFact, FileFact, SegmentFact
from ragqa.store.passages import DocumentStore, PassageStore
from ragqa.store.transaction import Transaction


def rebuild(change: Transaction, plan: Plan, load: Callable[[EncoderFact], Encoder], progress: Progress) -> Described:
    """Write, durably, all files of the new generation that ``plan`` asks for but for what `publish` writes."""
    was, layout = plan.manifest, change.layout
    segments, dead_rows, dead_documents = _segments(change, plan, load, progress)
    change.new_generation()
    lexical: Mapping[str, FileFact] = was.lexical
    name = was.analyzer
    if plan.words:
        analyzer = get_analyzer(was.config.language)
        lexical, name = build_words(change, analyzer, segments, dead_rows, progress), analyzer.name
    elif lexical:
        take_folder(layout.lexical(was.generation), layout.lexical(change.generation), lexical)
    synonyms = parse_synonyms(plan.synonyms.decode(), "synonyms")
    setup = Setup(was.config, name, was.encoder, synonyms, was.sources)
    return describe(change, setup, segments, lexical, dead_rows, dead_documents)


def _segments(
    change: Transaction, plan: Plan, load: Callable[[EncoderFact], Encoder], progress: Progress
) -> tuple[list[SegmentFact], Mask, Mask]:
    """The segments of the new generation, and which of their rows and documents are dead."""
    segments: list[SegmentFact] = []
    dead_rows, dead_documents = [np.empty(0, bool)], [np.empty(0, bool)]
    with ExitStack() as stack:
        encoder = _encoder(plan, load) if plan.encodes else None
        for place in plan.kept:
            rows, documents = plan.dead_in(place)
            if plan.care[place] is not Care.PASSAGES:
                made = _mended(change, plan, place, encoder, progress)
                segments.append(replace(made, first_row=sum(map(len, dead_rows))))
                dead_rows.append(rows)
                dead_documents.append(documents)
        if encoder is not None:
            intake = Intake(change, plan.manifest.config, encoder, plan.manifest.encoder, stack, progress)
            _take_in(change, plan, intake)
            if new := intake.finish(sum(map(len, dead_rows))):
                segments.append(new)
                dead_rows.append(np.zeros(new.rows, bool))
                dead_documents.append(np.zeros(new.documents, bool))
    return segments, np.concatenate(dead_rows), np.concatenate(dead_documents)


def _encoder(plan: Plan, load: Callable[[EncoderFact], Encoder]) -> Encoder:
    fact = plan.manifest.encoder
    encoder = load(fact)
    if (encoder.fingerprint, encoder.dim) != (fact.fingerprint, fact.dim):
        raise FingerprintMismatch(
            f"passages have to be encoded again by {fact.fingerprint}, but {fact.name} is {encoder.fingerprint} now: "
            f"name the one of before with --encoder, or index again"
        )
    return encoder


def _mended(change: Transaction, plan: Plan, place: int, encoder: Encoder | None, progress: Progress) -> SegmentFact:
    """A segment whose passages are whole, with whatever is to be made of them."""
    segment, manifest = plan.manifest.segments[place], plan.manifest
    care, spec = plan.care[place], manifest.config.dense
    if care is Care.VECTORS and encoder is not None:
        store = PassageStore(change.layout.segment(segment.id), segment.documents, segment.rows)
        return Reencoder(change, encoder, manifest.encoder, spec, manifest.rows, progress).segment(segment, store)
    return _with_ann(change, segment, manifest.encoder, spec, progress) if care is Care.ANN else segment


def _with_ann(
    change: Transaction, was: SegmentFact, encoder: EncoderFact, spec: str, progress: Progress
) -> SegmentFact:
    """A new segment with the files of ``was`` and a FAISS index made of its vectors, or none where none is wanted."""
    dense = f"dense-{encoder.fingerprint}"
    folder, name = change.new_segment(), f"{dense}/{ANN}"
    files = {own: fact for own, fact in was.files.items() if own != name}
    take_folder(change.layout.segment(was.id), folder, files)
    vectors = open_vectors(folder / dense / VECTORS, was.rows, encoder.dim)
    with storing(folder):
        ann = wants_ann(spec, was.rows, encoder.dim) and build_ann(vectors, spec, folder / name, progress)
        if ann:
            files[name] = durable(folder / name)
            sync_folder(folder / dense)
    return replace(was, id=folder.name, ann=ann, files=files)


def _take_in(change: Transaction, plan: Plan, intake: Intake) -> None:
    """The living documents of segments whose passages are damaged, to be split and encoded again."""
    for place in plan.kept:
        if plan.care[place] is Care.PASSAGES:
            segment = plan.manifest.segments[place]
            store = DocumentStore(change.layout.segment(segment.id), segment.documents)
            for number in np.flatnonzero(~plan.dead_in(place)[1]):
                intake.add(store.documents(np.array([number], np.int64))[0])
