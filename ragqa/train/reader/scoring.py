"""Scores of a reader on held-out questions, while it is trained: on the right passage, or open-domain over an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ragqa.asking import Ask
from ragqa.config import Config, ReadConfig
from ragqa.device import AUTO
from ragqa.errors import TrainingError
from ragqa.index.snapshot import Snapshot
from ragqa.judging.metrics import exact_match, f1
from ragqa.models.catalog import encoder_name, load_encoder
from ragqa.models.reader import SpanReader
from ragqa.models.runtime import reads_titles
from ragqa.models.tokenize import PairTokenizer
from ragqa.models.torch_runtime import TorchRuntime
from ragqa.pipeline import Pipeline
from ragqa.train.reader.data import Sources, TrainingQuestion

ScoreOf = Callable[[Any], dict[str, float]]
AsReader = Callable[[Any], SpanReader]


def as_reader(tokenizer: PairTokenizer, type_ids: bool, stride: int) -> AsReader:
    """How a model that is being trained is read with."""

    def wrap(model: Any) -> SpanReader:
        runtime = TorchRuntime(model, ("start_logits", "end_logits"), tokenizer.pad_id, type_ids)
        return SpanReader(tokenizer, runtime, stride, titles=reads_titles(model))

    return wrap


def choose(held_out: Sequence[TrainingQuestion], count: int, seed: int) -> list[TrainingQuestion]:
    """Up to ``count`` of the held-out questions that have an answer; none is a `TrainingError`."""
    answerable = [asked for asked in held_out if asked.answers and asked.positives]
    if not answerable:
        raise TrainingError("the held-out articles have no question with an answer: raise data.held_out or add data")
    return [answerable[place] for place in np.random.default_rng(seed).permutation(len(answerable))[:count]]


def reading_score(chosen: Sequence[TrainingQuestion], sources: Sources, wrap: AsReader) -> ScoreOf:
    """EM and F1 (in percent) of the best span of the passage that answers."""
    questions = [asked.question for asked in chosen]
    places = [asked.positives[0][0] for asked in chosen]
    texts, titles = [sources.texts[place] for place in places], [sources.titles[place] for place in places]

    def score(model: Any) -> dict[str, float]:
        decoded = wrap(model).read_texts(questions, texts, titles)
        quotes = [
            text[found.spans[0].start : found.spans[0].end] if found.spans else ""
            for text, found in zip(texts, decoded, strict=True)
        ]
        return _figures(quotes, chosen)

    return score


def open_score(chosen: Sequence[TrainingQuestion], index: str | Path, wrap: AsReader, device: str = AUTO) -> ScoreOf:
    """EM and F1 (in percent) of the best answer from a whole index; its passages are retrieved once, on ``device``.

    The index must have been built with a packaged encoder: it loads no other by itself (`ConfigError`).
    """
    snapshot = Snapshot.open(index, device=device)
    language = snapshot.manifest.config.language
    name = encoder_name(snapshot.manifest.encoder, index, language=language)
    encoder = load_encoder(name, language=language, device=device)
    config = Config(read=ReadConfig(answers=1, min_score=0.0, form="span"))
    questions = [asked.question for asked in chosen]
    hits: list[Any] = []

    def score(model: Any) -> dict[str, float]:
        pipeline = Pipeline(snapshot, encoder, wrap(model), config)
        if not hits:
            answering = pipeline.answering
            hits.extend(answering.find([answering.request(Ask(question)) for question in questions]))
        replies = pipeline.read(questions, hits)
        return _figures([reply.answers[0].text if reply.answers else "" for reply in replies], chosen)

    return score


def _figures(quotes: Sequence[str], chosen: Sequence[TrainingQuestion]) -> dict[str, float]:
    pairs = list(zip(quotes, [asked.answers for asked in chosen], strict=True))
    return {
        "em": 100 * float(np.mean([exact_match(quote, answers) for quote, answers in pairs])),
        "f1": 100 * float(np.mean([f1(quote, answers) for quote, answers in pairs])),
    }
