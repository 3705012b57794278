"""Make the calibration that comes with a packaged reader.

    python eval/shipped_calibration.py -o FOLDER [--models en] [--weights] INDEX QUESTIONS COUNT ...

COUNT of the QUESTIONS are asked of each INDEX, which is made with the pair's encoder. `eval/held_out.py` makes the
files; an index holds its file's paragraphs and those of SQuAD v1.1, train and dev. The packaged fits were made with:

    en            1,600 of SQuAD's questions on articles that neither the encoder nor the reader's last run was trained
                  on (the run that it is averaged with was), and 800 of one half of SQuADShifts' Amazon reviews
    multilingual  500 of SQuAD's and 500 of CMRC's questions that the reader's run never came to (on paragraphs that it
                  saw with other questions; CMRC's index holds its own paragraphs alone), and 400 of the Amazon reviews;
                  with --weights

A quarter of all questions are then some of these once more, without the passages that answer them
(`ragqa.calibrate.unanswerable`): people also ask what their documents do not say, and a score is to be right for both.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from ragqa.calibrate import Seen, fit, gather
from ragqa.calibrate.unanswerable import unanswered
from ragqa.calibrate.weights import fit_weights
from ragqa.config import ReadConfig
from ragqa.eval.measure.confidence import aurc, expected_calibration_error
from ragqa.evidence.calibration import Calibration, Weights, save_calibration
from ragqa.judging.questions import read_questions
from ragqa.models.catalog import load_encoder, reader_fingerprint
from ragqa.pipeline import Pipeline
from ragqa.store.atomic import sha256

UNANSWERABLE = 0.25


def main() -> None:
    """Ask, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("asked", nargs="+", metavar="INDEX QUESTIONS COUNT")
    parser.add_argument("-o", "--output", required=True, type=Path)
    parser.add_argument("--models", default="en")
    parser.add_argument("--weights", action="store_true")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    every: list[Seen] = []
    data, sizes = {}, {}
    for index, file, count in zip(given.asked[::3], given.asked[1::3], map(int, given.asked[2::3]), strict=True):
        every += seen(index, file, count)
        data[f"{Path(file).name}: {count} questions"] = sha256(Path(file))
        sizes[Path(file).name] = count
    weights = Weights()  # the defaults are those of the English pair
    if given.weights:
        weights = fit_weights(every, weights)
    start = Calibration(
        weights, reader=reader_fingerprint(given.models), encoder=load_encoder(given.models).fingerprint
    )
    found = fit([*every, *unanswered(every, UNANSWERABLE)], start, change=ReadConfig().change, data=data)
    path = save_calibration(given.output, found.calibration)
    figures = {"file": str(path), "ece": expected_calibration_error(found.scores, found.right)}
    first = 0
    for name, count in sizes.items():
        part = slice(first, first + count)
        first += count
        scores, right = found.scores[part], found.right[part]
        figures[name] = {
            "right": float(right.mean()),
            "ece": expected_calibration_error(scores, right),
            "aurc": aurc(scores, right),
        }
    print(json.dumps(figures, indent=2))


def seen(index: str, file: str, count: int) -> list[Seen]:
    """``count`` of the questions with all that was read for them."""
    chosen = random.Random(5).sample(read_questions(file), count)
    pipeline = Pipeline.load(index)
    return list(gather(pipeline, chosen, pipeline.language))


if __name__ == "__main__":
    main()
