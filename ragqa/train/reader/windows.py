"""The windows of a whole run, in order.

Randomness is drawn here from the seed, before the first step: the order of the questions, which parts of its passages a
question sees, and which passages are its negatives. Resuming skips the windows that were already used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ragqa.errors import TrainingError
from ragqa.models.tokenize import IntArray, PairTokenizer, Window
from ragqa.train.engine.settings import ReaderData
from ragqa.train.reader.data import Example, Material, question_room
from ragqa.train.reader.places import right_places, token_spans

POOL = 50  # batches within which lengths are made similar


@dataclass(frozen=True, slots=True)
class Labelled:
    """A window with the positions of all its right spans, [p, 2], inclusive; [[0, 0]] where it holds none."""

    window: Window
    spans: IntArray

    @property
    def answers(self) -> bool:
        """Whether a right span stands in it."""
        return bool(self.spans[0, 0])


@dataclass(frozen=True, slots=True)
class Cut:
    """Tokens [first, first + size) of a passage."""

    passage: int
    first: int
    size: int


@dataclass(frozen=True, slots=True)
class CutExample:
    """One question of the run as it is asked, the windows that it sees together, and whether it sees their titles."""

    example: int
    titled: bool
    cuts: tuple[Cut, ...]
    question: IntArray = field(compare=False)


class Rewording(Protocol):
    """Questions asked in other words (see `ragqa.train.reader.augment`)."""

    def __call__(self, rng: np.random.Generator, question: str) -> str:
        """The question, reworded or as it was."""
        ...


class TrainingWindows:
    """The labelled windows of a whole run, a tuple of ``data.passages`` for each question; cut when asked for.

    Lengths are similar within a batch (less padding), batches come in random order. The share ``data.negatives`` of
    questions sees only passages that do not answer (with several passages, if it has as many such). Otherwise, with
    several, the first answers (all of it that fits, around the answer) and the others do not.
    """

    def __init__(
        self,
        material: Material,
        tokenizer: PairTokenizer,
        data: ReaderData,
        batches: int,
        batch_size: int,
        seed: int,
        *,
        places: str = "all",
        reword: Rewording | None = None,
    ) -> None:
        self.material, self.tokenizer, self.data, self.seed = material, tokenizer, data, seed
        self._places = None if places == "all" else 1
        self._mask = _mask_token(tokenizer) if data.word_dropout else 0
        if data.passages > len(material.passages):
            raise TrainingError(
                f"data.passages is {data.passages}, but the data hold only {len(material.passages)} passages"
            )
        rng, words = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        titled = np.random.default_rng([seed, 3]).random(batches * batch_size) < data.titles
        self.draws = [
            self._draw(rng, words, reword, index, self._crop(number, batches * batch_size), bool(titled[number]))
            for number, index in enumerate(self._examples(rng, batches * batch_size))
        ]
        self.order = self._group(rng, batches, batch_size)

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> tuple[Labelled, ...]:
        draw = self.draws[self.order[position]]
        example = self.material.examples[draw.example]
        labelled = []
        for cut in draw.cuts:
            passage = self.material.passages[cut.passage].ids
            before = self._before(draw.question, cut.passage, draw.titled)
            window = self.tokenizer.window(before, passage, cut.first, cut.size)
            labelled.append(Labelled(window, self._spans_in(window, example, cut.passage)))
        if self.data.word_dropout:
            rng = np.random.default_rng([self.seed, 2, position])
            labelled = [drop_words(rng, one, self.data.word_dropout, self._mask) for one in labelled]
        return tuple(labelled)

    def _examples(self, rng: np.random.Generator, count: int) -> Iterator[int]:
        """Which example each question of the run is: all before any comes again, or files mixed by temperature."""
        files = [example.file for example in self.material.examples]
        if self.data.temperature == 1.0 or len(set(files)) == 1:
            yield from _passes(rng, np.arange(len(files)), count)
            return
        members = [np.flatnonzero(np.array(files) == file) for file in sorted(set(files))]
        weights = np.array([len(own) for own in members], np.float64) ** self.data.temperature
        streams = [_passes(rng, own, count) for own in members]
        for file in rng.choice(len(members), count, p=weights / weights.sum()):
            yield next(streams[file])

    def _crop(self, number: int, count: int) -> int:
        return self.data.crop_tokens if number < self.data.crop_until * count else 0

    def _draw(
        self,
        rng: np.random.Generator,
        words: np.random.Generator,
        reword: Rewording | None,
        index: int,
        crop: int,
        titled: bool,
    ) -> CutExample:
        example = self.material.examples[index]
        question = example.question
        if reword is not None and (text := reword(words, example.text)) != example.text:
            question = self.tokenizer.encode([text])[0].ids[: question_room(self.tokenizer)]
        choose = self._one if self.data.passages == 1 else self._several
        most = self.tokenizer.max_length - self.tokenizer.specials
        cuts = tuple(
            self._cut(rng, passage, anchor, most - len(self._before(question, passage, titled)), crop)
            for passage, anchor in choose(rng, example)
        )
        return CutExample(index, titled, cuts, question)

    def _before(self, question: IntArray, passage: int, titled: bool) -> IntArray:
        return self.tokenizer.about(question, self.material.titles[passage]) if titled else question

    def _one(self, rng: np.random.Generator, example: Example) -> list[tuple[int, IntArray | None]]:
        """A passage, and the span it must hold where pieces are cut short."""
        passage, spans = self._positive(rng, example)
        if rng.random() < self.data.negatives or passage is None:
            others = self._others(example, passage) or [number for number, _ in example.positives[:1]]
            return [(others[self._place(rng, len(others))], None)]
        return [(passage, spans[rng.integers(len(spans))] if len(spans) else None)]

    def _several(self, rng: np.random.Generator, example: Example) -> list[tuple[int, IntArray | None]]:
        """A passage that answers and the span it must hold, then passages that do not; or only such as do not."""
        passage, spans = self._positive(rng, example)
        others = self._others(example, passage)
        hidden = rng.random() < self.data.negatives and len(others) >= self.data.passages
        chosen: list[tuple[int, IntArray | None]] = []
        if passage is not None and not hidden:
            chosen.append((passage, spans[rng.integers(len(spans))] if len(spans) else None))
        wanted = self.data.passages - len(chosen)
        if self.data.shuffle_passages:
            others = [others[place] for place in rng.permutation(len(others))]
        taken = others[:wanted]
        own = {number for number, _ in example.positives}
        if len(taken) < wanted:  # too few of its own: any passages of the data
            anywhere = [int(number) for number in rng.permutation(len(self.material.passages))]
            free = [n for n in anywhere if n not in taken and n != passage and len(self.material.passages[n])]
            taken += sorted(free, key=own.__contains__)[: wanted - len(taken)]  # its other positives last
        return chosen + [(number, None) for number in taken]

    def _positive(self, rng: np.random.Generator, example: Example) -> tuple[int | None, IntArray]:
        if not example.positives:
            return None, np.zeros((0, 2), np.int64)
        many = len(example.positives) > 1 and self.data.shuffle_passages
        return example.positives[rng.integers(len(example.positives)) if many else 0]

    def _others(self, example: Example, passage: int | None) -> list[int]:
        """Passages that do not answer: mined ones, hardest first, or the article's."""
        if example.negatives or passage is None:
            return list(example.negatives)
        return [number for number in self.material.neighbours[passage] if number != passage]

    def _place(self, rng: np.random.Generator, count: int) -> int:
        return int(rng.integers(count)) if self.data.shuffle_passages else 0

    def _cut(self, rng: np.random.Generator, passage: int, anchor: IntArray | None, room: int, crop: int) -> Cut:
        length = len(self.material.passages[passage])
        size = min(length, room, crop or room)
        if anchor is None or not (crop or self.data.passages > 1):  # any window of the passage
            return Cut(passage, int(rng.integers(0, length - size + 1)), size)
        low, high = max(0, int(anchor[1]) + 1 - size), min(int(anchor[0]), length - size)
        return Cut(passage, int(rng.integers(min(low, high), high + 1)), size)  # the answer falls anywhere in it

    def _group(self, rng: np.random.Generator, batches: int, batch_size: int) -> IntArray:
        sizes = np.array([max(cut.size for cut in draw.cuts) + len(draw.question) for draw in self.draws])
        order = []
        for start in range(0, batches, POOL):
            chunk = np.arange(start * batch_size, min(start + POOL, batches) * batch_size)
            grouped = chunk[np.argsort(sizes[chunk], kind="stable")].reshape(-1, batch_size)
            order.append(grouped[rng.permutation(len(grouped))].ravel())
        return np.concatenate(order)

    def _spans_in(self, window: Window, example: Example, passage: int) -> IntArray:
        spans = dict(example.positives).get(passage)
        if spans is None:  # a negative may hold the answer's words too; then it is none (distant supervision)
            places = right_places(self.material.texts[passage], example.answers, pattern=example.pattern)
            spans = token_spans(self.material.passages[passage].offsets, places[: self._places])
        inside = spans[(spans[:, 0] >= window.first) & (spans[:, 1] < window.first + window.size)]
        return inside - window.first + window.context if len(inside) else np.zeros((1, 2), np.int64)


def drop_words(rng: np.random.Generator, labelled: Labelled, share: float, mask: int) -> Labelled:
    """The window with that share of the passage's tokens masked; those of right spans stay."""
    window = labelled.window
    inside = np.zeros(len(window.ids), bool)
    inside[window.context : window.context + window.size] = True
    for first, last in labelled.spans:
        inside[first : last + 1] = False
    ids = np.where(inside & (rng.random(len(inside)) < share), mask, window.ids)
    return Labelled(Window(ids, window.type_ids, window.context, window.first, window.size), labelled.spans)


def _passes(rng: np.random.Generator, members: IntArray, count: int) -> Iterator[int]:
    """``count`` of the members: all of them in random order, then all again in another."""
    drawn = 0
    while drawn < count:
        for place in rng.permutation(len(members))[: count - drawn]:
            yield int(members[place])
            drawn += 1


def _mask_token(tokenizer: PairTokenizer) -> int:
    found: Sequence[int | None] = [tokenizer.tokenizer.token_to_id(token) for token in ("[MASK]", "<mask>")]
    mask = next((token for token in found if token is not None), None)
    if mask is None:
        raise TrainingError("data.word_dropout needs a tokenizer with a mask token, which this base has not")
    return mask
