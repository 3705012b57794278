"""What a reader learns from: SQuAD-format files and files of mined passages, brought to one form and tokenized once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ragqa.corpus.squad import SquadParagraph, load_squad
from ragqa.errors import TrainingError
from ragqa.judging.matching import Place
from ragqa.mining.pairs import Candidate, Pairing, read_pairings
from ragqa.models.tokenize import IntArray, PairTokenizer, Tokens
from ragqa.train.reader.places import annotated_place, answer_places, right_places, token_spans

QUESTION_TOKENS = 64
Places = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """A question, the passages (by number) that answer it with the characters that do, and passages that do not.

    A passage without places is one that is known not to answer: of an unanswerable question. ``group`` is the article,
    which is held out as a whole; ``file`` the number of the file it came from.
    """

    question: str
    answers: tuple[str, ...]
    positives: tuple[tuple[int, Places], ...]
    negatives: tuple[int, ...]
    group: str
    file: int
    pattern: bool = False


@dataclass(slots=True)
class Sources:
    """All files: passages' texts and titles, the articles of those that belong to one, and the questions in order."""

    texts: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    articles: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    asked: list[TrainingQuestion] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Example:
    """A question ready for training: ``positives`` are passages with their right token spans [p, 2], inclusive."""

    question: IntArray
    text: str
    answers: tuple[str, ...]
    positives: tuple[tuple[int, IntArray], ...]
    negatives: tuple[int, ...]
    file: int
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """Tokenized training data; ``neighbours[i]`` are the passages of passage i's article, itself among them, and
    ``titles[i]`` the tokens of what stands above it.
    """

    texts: list[str]
    titles: list[IntArray]
    passages: list[Tokens]
    neighbours: list[list[int]]
    examples: list[Example]


def read_sources(paths: Sequence[str | Path], places: str = "all") -> Sources:
    """Read files of either form: ``.jsonl`` (also ``.gz``) holds mined passages, anything else is SQuAD's format.

    ``places``: "all" takes every place of an answer as right, "first" the annotated (or first) one.
    """
    sources, known = Sources(), dict[str, int]()
    for number, path in enumerate(map(Path, paths)):
        if ".jsonl" in path.suffixes:
            for pairing in read_pairings(path):
                _add_pairing(sources, known, pairing, number, places)
        else:
            for paragraph in load_squad(path):
                _add_paragraph(sources, paragraph, number, places)
    return sources


def hold_out(sources: Sources, share: float, seed: int) -> tuple[list[TrainingQuestion], list[TrainingQuestion]]:
    """Questions to train on and questions of held-out articles; at least one article is held out if ``share`` > 0."""
    titles = sorted({*sources.articles, *(asked.group for asked in sources.asked)})
    count = max(1, round(share * len(titles))) if share > 0 else 0
    held = {titles[place] for place in np.random.default_rng(seed).permutation(len(titles))[:count]}
    return (
        [asked for asked in sources.asked if asked.group not in held],
        [asked for asked in sources.asked if asked.group in held],
    )


def tokenize(sources: Sources, asked: Sequence[TrainingQuestion], tokenizer: PairTokenizer) -> Material:
    """Tokenize passages and questions once; questions whose answer stands nowhere are left out.

    Where none is left it is a `TrainingError`.
    """
    passages = tokenizer.encode(sources.texts)
    titles = [title.ids for title in tokenizer.encode(sources.titles)]
    neighbours: list[list[int]] = [[] for _ in passages]
    for members in sources.articles.values():
        for member in members:
            neighbours[member] = members
    questions = tokenizer.encode([one.question for one in asked])
    examples = []
    for one, tokens in zip(asked, questions, strict=True):
        found = [(number, token_spans(passages[number].offsets, places)) for number, places in one.positives]
        kept = tuple((number, spans) for number, spans in found if len(spans) or not one.answers)
        negatives = tuple(number for number in one.negatives if len(passages[number]))
        if kept or (negatives and not one.answers):
            question = tokens.ids[: question_room(tokenizer)]
            examples.append(Example(question, one.question, one.answers, kept, negatives, one.file, one.pattern))
    if not examples:
        raise TrainingError(
            f"nothing to learn from: of {len(asked):,} questions none has a passage in which an answer stands"
        )
    return Material(sources.texts, titles, passages, neighbours, examples)


def question_room(tokenizer: PairTokenizer) -> int:
    """Tokens that a question may have: 64, but never more than leaves half a window to the passage."""
    return min(QUESTION_TOKENS, tokenizer.max_length // 2 - tokenizer.specials)


def _add_paragraph(sources: Sources, paragraph: SquadParagraph, file: int, places: str) -> None:
    number = len(sources.texts)
    sources.texts.append(paragraph.text)
    sources.titles.append(paragraph.subject)
    sources.articles[paragraph.title].append(number)
    find = answer_places if places == "all" else annotated_place
    for question in paragraph.questions:
        answers = tuple(answer.text for answer in question.answers)
        right = tuple(find(paragraph.text, question))
        sources.asked.append(TrainingQuestion(question.text, answers, ((number, right),), (), paragraph.title, file))


def _add_pairing(sources: Sources, known: dict[str, int], pairing: Pairing, file: int, places: str) -> None:
    def numbers(candidates: Sequence[Candidate]) -> Iterator[int]:
        for candidate in candidates:
            if candidate.text not in known:
                known[candidate.text] = len(sources.texts)
                sources.texts.append(candidate.text)
                sources.titles.append(candidate.title)
            yield known[candidate.text]

    limit = None if places == "all" else 1
    positives = tuple(
        (number, tuple(right_places(sources.texts[number], pairing.answers, pattern=pairing.pattern)[:limit]))
        for number in dict.fromkeys(numbers(pairing.positives))
    )
    negatives = tuple(dict.fromkeys(numbers(pairing.negatives)))
    first = pairing.positives[0] if pairing.positives else None
    group = (first.title.partition("\n")[0] if first else "") or pairing.question
    asked = TrainingQuestion(pairing.question, pairing.answers, positives, negatives, group, file, pairing.pattern)
    sources.asked.append(asked)
