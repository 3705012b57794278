"""Excerpts: how often the right sentence is in them, and whether the promise of their probability is kept.

    python eval/excerpts.py INDEX dev-v1.1.json.gz [--sample 600] [--reasons 100]

First the best excerpts of ``--reasons`` questions that ask for one (why, how to, what does … mean): the share that
holds a right answer, beside that of the best short answer, and how long excerpts are.

Then the promise: ``--sample`` questions, and a third as many of them again without the passages that answer them, are
parted 200 times at random. On one half the model and the curve are fitted as `ragqa calibrate` fits them, on the other
the excerpts at and above the threshold are counted: the share of splits in which at most the risk of them were wrong,
and the mean share of questions that got one.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass

import numpy as np

from ragqa.calibrate import Seen, gather
from ragqa.calibrate.curve import risk_curve
from ragqa.calibrate.fit import read_answers, read_evidence
from ragqa.calibrate.logistic import chances, fit_logistic
from ragqa.calibrate.unanswerable import unanswered
from ragqa.eval.measure.stats import bootstrap_means
from ragqa.evidence.calibration import threshold
from ragqa.evidence.excerpts import features_of, rank_excerpts, sentences_of, widened
from ragqa.judging.questions import read_questions
from ragqa.pipeline import Pipeline
from ragqa.questions import asked

SPLITS, FOLDS, RISKS = 200, 5, (0.1, 0.2, 0.3, 0.4)


@dataclass(frozen=True, slots=True)
class Sentences:
    """Of one question: the features of every sentence [n, f], whether the sentence holds an answer [n], and whether the
    excerpt does that it would become [n].
    """

    features: np.ndarray
    right: np.ndarray
    held: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("questions")
    parser.add_argument("--sample", type=int, default=600)
    parser.add_argument("--reasons", type=int, default=100)
    given = parser.parse_args()
    pipeline, questions = Pipeline.load(given.index), read_questions(given.questions)
    rng = random.Random(21)
    wanting = [one for one in questions if asked(one.text, pipeline.language).wants_excerpt]
    reasons(pipeline, list(gather(pipeline, rng.sample(wanting, min(given.reasons, len(wanting))), progress=told)))
    seen = list(gather(pipeline, rng.sample(questions, given.sample), progress=told))
    promise(pipeline, [*seen, *unanswered(seen, 0.25)])


def told(stage: str, done: int, total: int | None) -> None:
    print(f"\r{stage}: {done:,} of {total:,}", end="" if done != total else "\n", file=sys.stderr, flush=True)


def reasons(pipeline: Pipeline, seen: list[Seen]) -> None:
    calibration, change = pipeline.calibration, pipeline.config.read.change
    assert calibration.excerpts is not None
    held, short, lengths = [], [], []
    for one in seen:
        evidence = read_evidence(one, calibration.weights, calibration.stop, change)
        best = rank_excerpts(evidence, calibration.excerpts.score, 1)
        answers = read_answers(one, calibration.weights, 1, calibration.stop, change)
        held.append(100.0 * bool(best and one.held_in(best[0].text)))
        short.append(100.0 * bool(answers and one.right(answers[0].text)))
        lengths.append(len(best[0].text) if best else 0)
    print(f"{len(seen)} questions that ask for an excerpt\n\n| | % right |\n|---|---|")
    print(f"| the best excerpt holds the answer | {figure(held)} |")
    print(f"| the best short answer is exactly right | {figure(short)} |")
    print(f"\ncharacters of an excerpt: median {np.median(lengths):.0f}, at most {max(lengths)}\n")


def promise(pipeline: Pipeline, seen: list[Seen]) -> None:
    every = [tabled(one, pipeline) for one in seen]
    rng = np.random.default_rng(4)
    kept = {risk: [] for risk in RISKS}
    for _ in range(SPLITS):
        order = rng.permutation(len(every))
        fitted, others = ([every[place] for place in half] for half in np.array_split(order, 2))
        scores, right = cross_fitted(fitted, rng)
        curve, model = risk_curve(scores, right), fit(fitted)
        new_scores, new_right = best_of(others, model)
        for risk in RISKS:
            lowest = threshold(curve, risk)
            given = new_scores >= lowest if lowest is not None else np.zeros(len(others), bool)
            kept[risk].append((lowest is None or (~new_right[given]).sum() <= risk * given.sum(), given.mean()))
    print(f"{len(seen)} questions, {SPLITS} splits\n\n| risk | kept in % of the splits | % of questions that get one |")
    print("|---|---|---|")
    for risk, found in kept.items():
        held, coverage = 100 * np.array(found, float).mean(axis=0)
        print(f"| {risk:g} | {held:.1f} | {coverage:.1f} |")


def tabled(one: Seen, pipeline: Pipeline) -> Sentences:
    calibration = pipeline.calibration
    evidence = read_evidence(one, calibration.weights, calibration.stop, pipeline.config.read.change)
    found = sentences_of(evidence)
    texts = [evidence.hits[part.index].passage.text for part in found]
    right = [one.held_in(text[part.start : part.end]) for text, part in zip(texts, found, strict=True)]
    places = [widened(part, evidence) for part in found]
    held = [one.held_in(text[start:end]) for text, (start, end) in zip(texts, places, strict=True)]
    features = np.array(features_of(found, evidence)).reshape(len(found), -1)
    return Sentences(features, np.array(right, bool), np.array(held, bool))


def fit(chosen: list[Sentences]) -> tuple[float, tuple[float, ...]]:
    some = [one for one in chosen if len(one.right)]
    return fit_logistic(np.concatenate([one.features for one in some]), np.concatenate([one.right for one in some]))


def best_of(chosen: list[Sentences], model: tuple[float, tuple[float, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """The score of each question's best excerpt (0 without one), and whether it holds an answer."""
    scores, right = np.zeros(len(chosen)), np.zeros(len(chosen), bool)
    for place, one in enumerate(chosen):
        if len(one.right):
            found = chances(*model, one.features)
            scores[place], right[place] = found.max(), one.held[found.argmax()]
    return scores, right


def cross_fitted(chosen: list[Sentences], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    fold = rng.permutation(len(chosen)) % FOLDS
    scores, right = np.zeros(len(chosen)), np.zeros(len(chosen), bool)
    for held in range(FOLDS):
        model = fit([one for one, own in zip(chosen, fold, strict=True) if own != held])
        places = np.flatnonzero(fold == held)
        scores[places], right[places] = best_of([chosen[place] for place in places.tolist()], model)
    return scores, right


def figure(values: list[float]) -> str:
    found = bootstrap_means(np.array(values).reshape(-1, 1))[0]
    return f"{found.value:.1f} ({found.low:.1f} to {found.high:.1f})"


if __name__ == "__main__":
    main()
