"""SQuAD-format data as training windows for a reader.

Everything random about a run is drawn here, once, from the seed: which question comes when, which part of its passage
it sees, which passage serves as a negative. A run is therefore a list, and resuming is skipping.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ragqa.corpus.squad import SquadParagraph, SquadQuestion, load_squad
from ragqa.models.tokenize import IntArray, PairTokenizer, Tokens, Window

MAX_PLACES = 16


@dataclass(frozen=True, slots=True)
class Example:
    """A question, its passage (an index) and every place of its answer: token spans [p, 2], inclusive."""

    question: IntArray
    passage: int
    spans: IntArray
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A window with the positions of all its right spans, [p, 2], inclusive; [[0, 0]] where it holds none."""

    window: Window
    spans: IntArray


@dataclass(frozen=True, slots=True)
class ReaderData:
    """Tokenized training data; ``neighbours[i]`` are the passages of passage i's article."""

    texts: list[str]
    passages: list[Tokens]
    neighbours: list[list[int]]
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Shape:
    """How windows are cut: ``crop_tokens`` for the first ``crop_until`` share of the run, whole passages after that.

    ``negatives`` is the share of questions shown with another passage of the same article, to learn the null option.
    """

    stride: int = 96
    crop_tokens: int = 0
    crop_until: float = 0.0
    negatives: float = 0.0


def answer_places(text: str, question: SquadQuestion) -> list[tuple[int, int]]:
    """Characters [start, end) of every whole-word occurrence of the answers, the annotated one included."""
    places = set()
    for answer in question.answers:
        if not answer.text:
            continue
        if text[answer.start : answer.start + len(answer.text)] == answer.text and answer.start >= 0:
            places.add((answer.start, answer.start + len(answer.text)))
        for match in re.finditer(rf"(?<!\w){re.escape(answer.text)}(?!\w)", text):
            places.add(match.span())
    return sorted(places)[:MAX_PLACES]


def token_span(offsets: IntArray, start: int, end: int) -> tuple[int, int] | None:
    """The tokens, first and last inclusive, that cover characters [start, end); None where none do."""
    first = int(np.searchsorted(offsets[:, 1], start, side="right"))
    last = int(np.searchsorted(offsets[:, 0], end, side="left")) - 1
    return (first, last) if first <= last else None


def split_held_out(
    paragraphs: Sequence[SquadParagraph], share: float, seed: int
) -> tuple[list[SquadParagraph], list[SquadParagraph]]:
    """Split into training and held-out articles; at least one is held out if ``share`` > 0."""
    titles = sorted({paragraph.title for paragraph in paragraphs})
    count = max(1, round(share * len(titles))) if share > 0 else 0
    held = {titles[i] for i in np.random.default_rng(seed).permutation(len(titles))[:count]}
    return [p for p in paragraphs if p.title not in held], [p for p in paragraphs if p.title in held]


def load_paragraphs(paths: Sequence[str | Path]) -> list[SquadParagraph]:
    """All paragraphs of several SQuAD-format files."""
    return [paragraph for path in paths for paragraph in load_squad(path)]


def tokenize_paragraphs(
    paragraphs: Sequence[SquadParagraph], tokenizer: PairTokenizer, question_tokens: int = 64
) -> ReaderData:
    """Tokenize passages and questions once, and find every place of every answer."""
    passages = tokenizer.encode([paragraph.text for paragraph in paragraphs])
    by_title: dict[str, list[int]] = defaultdict(list)
    for index, paragraph in enumerate(paragraphs):
        by_title[paragraph.title].append(index)
    owners = [(i, question) for i, paragraph in enumerate(paragraphs) for question in paragraph.questions]
    questions = tokenizer.encode([question.text for _, question in owners])
    examples = []
    for (index, question), tokens in zip(owners, questions, strict=True):
        places = answer_places(paragraphs[index].text, question)
        spans = [token_span(passages[index].offsets, *place) for place in places]
        kept = np.array([span for span in spans if span is not None], np.int64).reshape(-1, 2)
        if len(kept) or not question.answers:
            answers = tuple(answer.text for answer in question.answers)
            examples.append(Example(tokens.ids[:question_tokens], index, kept, answers))
    return ReaderData(
        [paragraph.text for paragraph in paragraphs],
        passages,
        [by_title[paragraph.title] for paragraph in paragraphs],
        examples,
    )


class TrainingWindows:
    """The labelled windows of a whole run, in order; a map-style dataset that cuts each window when asked.

    Lengths are similar within a batch (less padding), batches come in random order.
    """

    def __init__(
        self, data: ReaderData, tokenizer: PairTokenizer, shape: Shape, batches: int, batch_size: int, seed: int
    ) -> None:
        self.data, self.tokenizer, self.shape = data, tokenizer, shape
        rng = np.random.default_rng(seed)
        self.cuts = list(self._draw(rng, batches * batch_size))
        self.order = self._group(rng, batches, batch_size)

    def _draw(self, rng: np.random.Generator, count: int) -> Iterator[tuple[int, int, int, int]]:
        drawn = 0
        while drawn < count:
            for index in rng.permutation(len(self.data.examples))[: count - drawn]:
                crop = self.shape.crop_tokens if drawn < self.shape.crop_until * count else 0
                yield self._cut(rng, int(index), crop)
                drawn += 1

    def _cut(self, rng: np.random.Generator, index: int, crop: int) -> tuple[int, int, int, int]:
        example = self.data.examples[index]
        passage, anchor = example.passage, None
        if rng.random() < self.shape.negatives:
            others = [i for i in self.data.neighbours[passage] if i != passage]
            passage = others[rng.integers(len(others))] if others else passage
        elif len(example.spans):
            anchor = example.spans[rng.integers(len(example.spans))]
        length = len(self.data.passages[passage])
        room = self.tokenizer.max_length - self.tokenizer.specials - len(example.question)
        size = min(length, room, crop or room)
        if anchor is None or not crop:  # any window of the passage
            first = int(rng.integers(0, length - size + 1))
        else:  # a window that holds the answer, wherever it falls
            low, high = max(0, int(anchor[1]) + 1 - size), min(int(anchor[0]), length - size)
            first = int(rng.integers(min(low, high), high + 1))
        return index, passage, first, size

    def _group(self, rng: np.random.Generator, batches: int, batch_size: int, pool: int = 50) -> IntArray:
        sizes = np.array([size + len(self.data.examples[index].question) for index, _, _, size in self.cuts])
        order = []
        for start in range(0, batches, pool):
            chunk = np.arange(start * batch_size, min(start + pool, batches) * batch_size)
            grouped = chunk[np.argsort(sizes[chunk], kind="stable")].reshape(-1, batch_size)
            order.append(grouped[rng.permutation(len(grouped))].ravel())
        return np.concatenate(order)

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> Labelled:
        index, passage, first, size = self.cuts[self.order[position]]
        example = self.data.examples[index]
        window = self.tokenizer.window(example.question, self.data.passages[passage].ids, first, size)
        return Labelled(window, self._spans_in(window, example, passage))

    def _spans_in(self, window: Window, example: Example, passage: int) -> IntArray:
        spans = example.spans if passage == example.passage else self._spans_elsewhere(example, passage)
        inside = spans[(spans[:, 0] >= window.first) & (spans[:, 1] < window.first + window.size)]
        return inside - window.first + window.context if len(inside) else np.zeros((1, 2), np.int64)

    def _spans_elsewhere(self, example: Example, passage: int) -> IntArray:
        """A neighbouring passage may hold the answer string too; then it is no negative (distant supervision)."""
        text, offsets = self.data.texts[passage], self.data.passages[passage].offsets
        found = [
            token_span(offsets, *match.span())
            for answer in example.answers
            for match in re.finditer(rf"(?<!\w){re.escape(answer)}(?!\w)", text)
        ]
        return np.array([span for span in found if span is not None][:MAX_PLACES], np.int64).reshape(-1, 2)
