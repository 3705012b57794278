"""Whether a risk is kept: the share of wrong answers among those given, on questions that were not fitted on.

    python eval/promise.py RUN [--splits 200] [--fitted 50,100,200,500] [--risks 0.05,0.1,0.2] [--title-half]

RUN is a finished run of an open suite (``ragqa eval run``): its records hold what each score was made of. For each part
of it, two tables in Markdown. First the calibration that the run was made with, as it ships: at each risk, how many
questions are answered and how many of the answers are wrong. Then what ``ragqa calibrate`` would do with so many
labelled questions: drawn at random ``--splits`` times, a score and a curve are fitted to them (as by
`ragqa.calibrate.fit`, but for the weights of evidence), and all other questions are answered at its threshold. A split
breaks its promise if more of its answers are wrong than the risk; at 90 % confidence one in ten may. Where the data can
promise nothing, nothing is answered, and nothing is broken.

``--title-half`` leaves out the questions of that half of the titles on which the shipped scores were fitted.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from parts import in_first_half

from ragqa.calibrate.examples import Examples
from ragqa.calibrate.fit import ANSWERS, fit_examples, probabilities, risk_curve
from ragqa.errors import ConfigError
from ragqa.eval.measure.measures import Record
from ragqa.eval.runs.folder import SuiteRun
from ragqa.evidence.calibration import Calibration, load_calibration
from ragqa.judging.metrics import exact_match
from ragqa.models.catalog import reader_calibration


@dataclass(frozen=True, slots=True)
class Kept:
    """At one threshold: the share of questions that are answered and the share of those answers that are wrong."""

    coverage: float
    wrong: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--fitted", type=numbers, default=[50, 100, 200, 500])
    parser.add_argument("--risks", type=numbers, default=[0.05, 0.1, 0.2])
    parser.add_argument("--title-half", action="store_true")
    given = parser.parse_args()
    path = reader_calibration()
    shipped = Calibration() if path is None else load_calibration(path)
    parts: dict[str, list[Record]] = {}
    for record in SuiteRun(given.run).records():
        if not (given.title_half and first_half(record)):
            parts.setdefault(record["part"], []).append(record)
    for name, records in parts.items():
        examples = examples_of(records)
        print(f"\n{name}: {examples.questions:,} questions, {100 * examples.best_right.mean():.1f} % answered right\n")
        print("| as shipped | answered | of these wrong |\n|---|---|---|")
        for risk in given.risks:
            print(f"| risk {risk:g} | {cells(shipped_at(examples, shipped, risk))} |")
        print(f"\n| labelled, {given.splits} splits | promises | breaks it | answered | of these wrong, mean | 95th |")
        print("|---|---|---|---|---|---|")
        for count in given.fitted:
            for risk, found in zip(given.risks, split(examples, int(count), given.splits, given.risks), strict=True):
                print(f"| {count:g} questions, risk {risk:g} | {summary(found, risk)} |")


def numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def first_half(record: Record) -> bool:
    """Whether the question's title belongs to the half of `eval/shipped_calibration.py`."""
    title = record["meta"].get("title", "") or next(iter(record["positives"]), "").rpartition("#")[0]
    return in_first_half(str(title))


def examples_of(records: Sequence[Record]) -> Examples:
    """The best answers of each question, as many as a fit learns from."""
    rows = [
        (number, list(answer["features"].values()), right(record, answer["text"]))
        for number, record in enumerate(records)
        for answer in record["answers"][:ANSWERS]
    ]
    owner, features, correct = zip(*rows, strict=True)
    return Examples(np.array(features, float), np.array(correct, bool), np.array(owner, np.int64), len(records))


def right(record: Record, text: str) -> bool:
    return bool(record["answerable"]) and exact_match(text, record["references"], record["language"]) > 0


def shipped_at(examples: Examples, calibration: Calibration, risk: float) -> Kept | None:
    """None where the calibration promises nothing at this risk."""
    threshold = calibration.threshold(risk)
    if threshold is None:
        return None
    best = examples.best
    scores = np.where(best >= 0, probabilities(calibration.score, examples.features[best]), -1.0)
    return kept(scores, examples.best_right, threshold)


def split(examples: Examples, count: int, splits: int, risks: Sequence[float]) -> Iterator[list[Kept | None]]:
    """For each risk what became of every split."""
    found: list[list[Kept | None]] = [[] for _ in risks]
    for seed in range(splits):
        order = np.random.default_rng(seed).permutation(examples.questions)
        fitted, others = examples.of(order[:count]), examples.of(order[count:])
        try:
            score, scores, correct = fit_examples(fitted, seed)
        except ConfigError:  # nothing to fit a score to
            for own in found:
                own.append(None)
            continue
        calibration = Calibration(score=score, curve=risk_curve(scores, correct))
        best = others.best
        other_scores = np.where(best >= 0, probabilities(score, others.features[best]), -1.0)
        for own, risk in zip(found, risks, strict=True):
            threshold = calibration.threshold(risk)
            own.append(None if threshold is None else kept(other_scores, others.best_right, threshold))
    yield from found


def kept(scores: np.ndarray, correct: np.ndarray, threshold: float) -> Kept:
    given = scores >= threshold
    return Kept(float(given.mean()), float((~correct[given]).mean()) if given.any() else 0.0)


def summary(found: Sequence[Kept | None], risk: float) -> str:
    made = [one for one in found if one is not None]
    broken = sum(one.wrong > risk for one in made)
    start = f"{percent(len(made) / len(found))} | {percent(broken / len(found))}"
    if not made:
        return f"{start} | 0.0 % | – | –"
    wrong = sorted(one.wrong for one in made)
    worst = wrong[min(len(wrong) - 1, int(0.95 * len(wrong)))]
    covered = statistics.mean(0.0 if one is None else one.coverage for one in found)
    return f"{start} | {percent(covered)} | {percent(statistics.mean(wrong))} | {percent(worst)}"


def cells(one: Kept | None) -> str:
    return "0.0 % | – (no promise)" if one is None else f"{percent(one.coverage)} | {percent(one.wrong)}"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


if __name__ == "__main__":
    main()
