"""Training windows: what they are labelled with is the answer, wherever the window was cut."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs ragqa[train]")

from ragqa.corpus.squad import SquadAnswer, SquadQuestion
from ragqa.models.catalog import PRETRAINED
from ragqa.models.tokenize import PairTokenizer
from ragqa.train.data import annotated_place, answer_places, string_places, token_span
from ragqa.train.reader_data import hold_out, read_sources, tokenize
from ragqa.train.settings import ReaderData
from ragqa.train.windows import TrainingWindows, drop_words


def material_of(paths, tokenizer, places="all"):
    sources = read_sources(paths, places)
    return tokenize(sources, sources.asked, tokenizer)


@pytest.fixture(scope="module")
def tokenizer():
    return PairTokenizer.from_file(PRETRAINED / "encoder" / "tokenizer.json", 48)


def test_every_place_of_an_answer_is_found():
    text = "1937 was dry; in 1937 and 11937 the bridge of 1937 stood."
    question = SquadQuestion("q", "?", (SquadAnswer("1937", 17),))
    assert answer_places(text, question) == [(0, 4), (17, 21), (46, 50)]


def test_annotated_place_counts_even_inside_a_word():
    assert answer_places("the 1980s", SquadQuestion("q", "?", (SquadAnswer("1980", 4),))) == [(4, 8)]


def test_token_span_covers_the_characters():
    offsets = np.array([[0, 3], [4, 7], [7, 9], [10, 12]])
    assert token_span(offsets, 4, 9) == (1, 2)
    assert token_span(offsets, 5, 8) == (1, 2)
    assert token_span(offsets, 3, 4) is None


@pytest.mark.parametrize("crop", [0, 20])
def test_labels_spell_the_answers(squad_file, tokenizer, crop):
    material = material_of([squad_file], tokenizer)
    data = ReaderData(stride=8, crop_tokens=crop, crop_until=1.0, negatives=0.3)
    windows = TrainingWindows(material, tokenizer, data, batches=30, batch_size=4, seed=3)
    nulls = 0
    for position in range(len(windows)):
        (labelled,) = windows[position]
        draw = windows.draws[windows.order[position]]
        passage = draw.cuts[0].passage
        window, text, offsets = labelled.window, material.texts[passage], material.passages[passage].offsets
        assert len(window.ids) <= 48
        if (labelled.spans == 0).all():
            nulls += 1
            continue
        for first, last in labelled.spans - window.context + window.first:
            quote = text[offsets[first, 0] : offsets[last, 1]]
            assert quote in material.examples[draw.example].answers
    assert 0 < nulls < len(windows) / 2


def test_cropped_positive_windows_always_hold_the_answer(squad_file, tokenizer):
    data = ReaderData(stride=8, crop_tokens=12, crop_until=1.0, negatives=0.0)
    windows = TrainingWindows(material_of([squad_file], tokenizer), tokenizer, data, 20, 4, seed=1)
    assert all((windows[i][0].spans > 0).all() for i in range(len(windows)))


def test_order_depends_on_the_seed_alone(squad_file, tokenizer):
    material = material_of([squad_file], tokenizer)
    one, same, other = (TrainingWindows(material, tokenizer, ReaderData(), 10, 2, seed) for seed in (1, 1, 2))
    assert one.draws == same.draws and (one.order == same.order).all()
    assert one.draws != other.draws


def test_held_out_articles_are_whole(squad_file):
    training, held = hold_out(read_sources([squad_file]), 0.5, 1)
    assert held and training and not {asked.group for asked in held} & {asked.group for asked in training}
