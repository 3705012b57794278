"""A new generation out of what is left of a damaged one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from ragqa.corpus.analyze import get_analyzer
from ragqa.corpus.synonyms import parse_synonyms
from ragqa.errors import FingerprintMismatch
from ragqa.index.commit import Described, Setup, build_words, describe, segments_of
from ragqa.index.damage import Care, Mask, Plan
from ragqa.index.derive import Reencoder
from ragqa.index.intake import Intake
from ragqa.index.report import Progress
from ragqa.index.segment import Written
from ragqa.index.vectors import complete
from ragqa.protocols import Encoder
from ragqa.store.copying import take_folder
from ragqa.store.layout import VECTORS, is_token_file
from ragqa.store.manifest import EncoderFact, FileFact
from ragqa.store.passages import DocumentStore, PassageStore
from ragqa.store.transaction import Transaction


def rebuild(
    change: Transaction, plan: Plan, load: Callable[[EncoderFact], Encoder], device: str, progress: Progress
) -> Described:
    """Write, durably, all files of the new generation that ``plan`` asks for but for what `publish` writes."""
    was, layout = plan.manifest, change.layout
    synonyms = parse_synonyms(plan.synonyms.decode(), "synonyms")
    setup = Setup(was.config, was.analyzer, was.encoder, synonyms, was.sources, was.vectors.store, device)
    written, dead_rows, dead_documents = _segments(change, setup, plan, load, progress)
    change.new_generation()
    lexical: Mapping[str, FileFact] = was.lexical
    if plan.words:
        analyzer = get_analyzer(was.config.language)
        segments = [one.segment for one in written]
        lexical = build_words(change, analyzer, segments, dead_rows, progress)
        setup = replace(setup, analyzer=analyzer.name)
    elif lexical:
        take_folder(layout.lexical(was.generation), layout.lexical(change.generation), lexical)
    return describe(change, setup, written, lexical, dead_rows, dead_documents)


def _segments(
    change: Transaction, setup: Setup, plan: Plan, load: Callable[[EncoderFact], Encoder], progress: Progress
) -> tuple[list[Written], Mask, Mask]:
    """The segments of the new generation, and which of their rows and documents are dead."""
    written: list[Written] = []
    dead_rows, dead_documents = [np.empty(0, bool)], [np.empty(0, bool)]
    with ExitStack() as stack:
        encoder = _encoder(plan, load) if plan.encodes else None
        for place in plan.kept:
            rows, documents = plan.dead_in(place)
            if plan.care[place] is not Care.PASSAGES:
                made = _mended(change, setup, plan, place, encoder, progress)
                first_row = sum(map(len, dead_rows))
                written.append(replace(made, segment=replace(made.segment, first_row=first_row)))
                dead_rows.append(rows)
                dead_documents.append(documents)
        if encoder is not None:
            store = setup.vectors(change.layout)
            intake = Intake(change, setup.config, encoder, setup.encoder, store, stack, progress)
            _take_in(change, plan, intake)
            if new := intake.finish(sum(map(len, dead_rows))):
                written.append(new)
                dead_rows.append(np.zeros(new.segment.rows, bool))
                dead_documents.append(np.zeros(new.segment.documents, bool))
    return written, np.concatenate(dead_rows), np.concatenate(dead_documents)


def _encoder(plan: Plan, load: Callable[[EncoderFact], Encoder]) -> Encoder:
    fact = plan.manifest.encoder
    encoder = load(fact)
    if (encoder.fingerprint, encoder.dim) != (fact.fingerprint, fact.dim):
        raise FingerprintMismatch(
            f"passages have to be encoded again by {fact.fingerprint}, but {fact.name} is {encoder.fingerprint} now: "
            f"name the one of before with --encoder, or index again"
        )
    return encoder


def _mended(
    change: Transaction, setup: Setup, plan: Plan, place: int, encoder: Encoder | None, progress: Progress
) -> Written:
    """A segment whose passages are whole, with whatever is to be made of them."""
    was = segments_of(plan.manifest)[place]
    care, segment = plan.care[place], was.segment
    if care is Care.NONE:
        return was
    bare = replace(was, segment=replace(segment, files=_without_tokens(segment.files)))
    if care is Care.VECTORS and encoder is not None:
        store = PassageStore(change.layout.segment(segment.id), segment.documents, segment.rows)
        return Reencoder(change, encoder, setup, plan.manifest.rows, progress).segment(bare.segment, store)
    return _taken(change, setup, bare, progress, ann=care is Care.ANN)


def _without_tokens(files: Mapping[str, FileFact]) -> dict[str, FileFact]:
    return {name: fact for name, fact in files.items() if not is_token_file(name)}


def _taken(change: Transaction, setup: Setup, was: Written, progress: Progress, ann: bool) -> Written:
    """A new segment with the files of ``was``; with ``ann``, its FAISS index is made again from its vectors, or left
    out where none is wanted.
    """
    folder, name = change.new_segment(), f"dense-{setup.encoder.fingerprint}/{VECTORS}"
    files = {name: was.vectors.files[name]} if ann else was.vectors.files
    take_folder(change.layout.segment(was.segment.id), folder, {**was.segment.files, **files})
    part = was.vectors
    if ann:
        part = complete(folder, setup.encoder, files[name], setup.config.dense, setup.device, progress)
    return Written(replace(was.segment, id=folder.name), part)


def _take_in(change: Transaction, plan: Plan, intake: Intake) -> None:
    """The living documents of segments whose passages are damaged, to be split and encoded again."""
    for place in plan.kept:
        if plan.care[place] is Care.PASSAGES:
            segment = plan.manifest.segments[place]
            store = DocumentStore(change.layout.segment(segment.id), segment.documents)
            for number in np.flatnonzero(~plan.dead_in(place)[1]):
                intake.add(store.documents(np.array([number], np.int64))[0])
