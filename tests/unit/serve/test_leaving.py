"""Work that nobody waits for any more ends at the next window, sentence or round of texts, and spoils no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from support.served import CONFIG, town

from ragqa.asking import Ask
from ragqa.documents import Passage
from ragqa.index.writer import upsert
from ragqa.pipeline import Pipeline
from ragqa.serve.work import ROUND, Done, Kind, Work, do
from ragqa.testing import HashEncoder, WordReader

TOWNS = ("Altdorf", "Brunnen", "Chur", "Davos", "Ebnat", "Flims")
CHUR, DAVOS = "Who built the bridge of Chur?", "Who built the bridge of Davos?"
TEXTS = tuple(f"Text number {number}." for number in range(3 * ROUND))


class Counting:
    """Models that remember how many texts they were given at a time."""

    def __init__(self) -> None:
        self.read_of: list[str] = []
        self.encoded: list[int] = []
        self._reader, self._encoder = WordReader(), HashEncoder()
        self.fingerprint, self.dim = self._encoder.fingerprint, self._encoder.dim

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[list]:
        self.read_of += questions
        return self._reader.read(questions, passages)

    def encode_questions(self, questions: Sequence[str]):
        self.encoded.append(len(questions))
        return self._encoder.encode_questions(questions)

    def encode_passages(self, passages: Sequence[Passage]):
        self.encoded.append(len(passages))
        return self._encoder.encode_passages(passages)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("leaving") / "index"
    upsert(folder, CONFIG, HashEncoder(), [town(name, "a") for name in TOWNS])
    return folder


@pytest.fixture
def asked(index: Path) -> Iterator[tuple[Pipeline, Counting]]:
    models = Counting()
    with Pipeline.load(index, encoder=models, reader=models) as pipeline:
        models.encoded.clear()
        yield pipeline, models


def done(pipeline: Pipeline, left: Callable[[int], bool], *works: Work) -> list[Done]:
    found = do({"a": pipeline}, works, lambda _place, _found: None, left)
    assert all(isinstance(each, Done) for each in found)
    return list(found)  # type: ignore[arg-type]


def work(kind: Kind, question: str, texts: tuple[str, ...] = (), **settings: object) -> Work:
    return Work(kind, "a", 1, Ask(question, **settings), texts)  # type: ignore[arg-type]


def stays(_place: int) -> bool:
    return False


def after(times: int) -> Callable[[int], bool]:
    """Somebody waits until it has been asked so often."""
    asked = iter(range(times))
    return lambda _place: next(asked, None) is None


@pytest.mark.parametrize("kind", ["ask", "explain"])
def test_a_question_is_read_no_further(asked: tuple[Pipeline, Counting], kind: Kind) -> None:
    pipeline, models = asked
    done(pipeline, stays, work(kind, CHUR, all=True))
    whole = models.read_of.count(CHUR)
    assert whole >= len(TOWNS)
    models.read_of.clear()
    done(pipeline, after(2), work(kind, CHUR, all=True))
    assert len(models.read_of) == 2


def test_who_leaves_a_batch_takes_nothing_from_others(asked: tuple[Pipeline, Counting]) -> None:
    pipeline, models = asked
    both = work("ask", CHUR, all=True), work("ask", DAVOS, all=True)
    _, alone = done(pipeline, stays, *both)
    models.read_of.clear()
    _, reply = done(pipeline, lambda place: place == 0, *both)
    assert CHUR not in models.read_of
    assert alone.reply is not None and reply.reply is not None
    assert (reply.reply.answers, reply.reply.read) == (alone.reply.answers, alone.reply.read)


def test_both_sides_of_a_comparison_are_left_with_it(asked: tuple[Pipeline, Counting]) -> None:
    pipeline, models = asked
    compared = work("ask", "Which is older, the bridge of Chur or the bridge of Davos?")
    (whole,) = done(pipeline, stays, compared)
    assert whole.reply is not None and len(whole.reply.parts) == 2
    models.read_of.clear()
    done(pipeline, lambda place: place == 0, compared)
    assert models.read_of == []


def test_no_further_sentence_is_compared(asked: tuple[Pipeline, Counting]) -> None:
    pipeline, models = asked
    text = " ".join(f"The bridge of {name} was built by Ilse Brandt in the year 1900." for name in TOWNS)
    (whole,) = done(pipeline, stays, work("ground", text))
    assert len(whole.content["sentences"]) == len(TOWNS)
    before = len(models.encoded)
    models.encoded.clear()
    done(pipeline, after(1), work("ground", text))
    assert len(models.encoded) < before - 2


@pytest.mark.parametrize(
    ("kind", "name"), [("rerank", "scores"), ("embed-questions", "vectors"), ("embed-passages", "vectors")]
)
def test_no_further_texts_are_judged(asked: tuple[Pipeline, Counting], kind: Kind, name: str) -> None:
    pipeline, models = asked
    (whole,) = done(pipeline, stays, work(kind, CHUR, TEXTS))
    assert len(whole.content[name]) == len(TEXTS)
    models.read_of.clear()
    models.encoded.clear()
    done(pipeline, after(1), work(kind, CHUR, TEXTS))
    assert len(models.read_of) + sum(models.encoded) == ROUND
