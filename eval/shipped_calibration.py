"""Make the calibration that comes with the packaged reader.

    python eval/shipped_calibration.py SQUAD_INDEX TRAIN.json AMAZON_INDEX AMAZON.json -o FOLDER

TRAIN.json are SQuAD v1.1's training questions: 1,600 are asked, on articles that neither the packaged encoder nor the
reader's last run was trained on (the run that it is averaged with was). AMAZON.json are the Amazon reviews of
SQuADShifts: 800 are asked, of one half of the titles.
SQUAD_INDEX holds both SQuAD files, AMAZON_INDEX the reviews as well. Weights are given, not fitted.

A quarter of all questions are then some of these once more, without the passages that answer them
(`ragqa.calibrate.unanswerable`): people also ask what their documents do not say, and a score is to be right for both.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from parts import in_first_half

from ragqa.calibrate import Seen, fit, gather
from ragqa.calibrate.unanswerable import unanswered
from ragqa.config import ReadConfig
from ragqa.eval.measure.confidence import aurc, expected_calibration_error
from ragqa.evidence.calibration import Calibration, Weights, save_calibration
from ragqa.judging.questions import read_questions
from ragqa.models.catalog import load_encoder, reader_fingerprint
from ragqa.pipeline import Pipeline
from ragqa.store.atomic import sha256
from ragqa.train.engine.recipe import RetrieverRecipe, load_recipe
from ragqa.train.retriever.data import load_pairings, split_questions
from ragqa.types import Question

SQUAD, AMAZON = 1600, 800
UNANSWERABLE = 0.25
WEIGHTS = Weights()  # the defaults are those of the packaged models


def unseen(path: str) -> list[Question]:
    """The questions that the packaged encoder's recipe holds out."""
    recipe = load_recipe("retriever-minilm", RetrieverRecipe)
    pairings = load_pairings([path], recipe, lambda line: None)
    _, held_out = split_questions(pairings, recipe.data.held_out, recipe.train.seed)
    ids = {pairing.id for pairing in held_out}
    return [question for question in read_questions(path) if question.id in ids]


def first_half(path: str) -> list[Question]:
    """The questions of every other title, by its hash."""
    return [one for one in read_questions(path) if in_first_half(one.title)]


def seen(index: str, questions: list[Question], count: int) -> list[Seen]:
    """``count`` of the questions with all that was read for them."""
    chosen = random.Random(5).sample(questions, count)
    return list(gather(Pipeline.load(index), chosen))


def main() -> None:
    """Ask, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("squad_index", "train", "amazon_index", "amazon"):
        parser.add_argument(name)
    parser.add_argument("-o", "--output", required=True)
    given = parser.parse_args()
    Path(given.output).mkdir(parents=True, exist_ok=True)
    train, amazon = Path(given.train), Path(given.amazon)
    data = {
        f"{train.name}: {SQUAD} questions of articles new to the encoder and to the reader's last run": sha256(train),
        f"{amazon.name}: {AMAZON} questions of one half of the titles": sha256(amazon),
    }
    start = Calibration(WEIGHTS, reader=reader_fingerprint(), encoder=load_encoder().fingerprint)
    every = seen(given.squad_index, unseen(given.train), SQUAD)
    every += seen(given.amazon_index, first_half(given.amazon), AMAZON)
    found = fit([*every, *unanswered(every, UNANSWERABLE)], start, change=ReadConfig().change, data=data)
    scores, right = found.scores[: len(every)], found.right[: len(every)]
    path = save_calibration(Path(given.output), found.calibration)
    figures = {
        "file": str(path),
        "ece": expected_calibration_error(found.scores, found.right),
        "answerable": {"right": float(right.mean()), "ece": expected_calibration_error(scores, right)},
        "aurc": aurc(scores, right),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
