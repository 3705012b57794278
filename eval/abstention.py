"""How often ragqa says that it found no answer where there is none to be found.

    python eval/abstention.py INDEX dev-v1.1.json.gz dev-v2.0.json.gz [--sample 2000] [--risks 0.5,0.4,0.2,0.1]

INDEX holds SQuAD's paragraphs (of the suite squad-open, say). Two tables in Markdown, by risk, at the thresholds of the
packaged calibration:

    removed    v1.1's questions, asked of all paragraphs but their own. Another paragraph may hold the answer all the
               same, so "right" says how many answers are right nevertheless.
    v2         v2.0's questions, read on their own paragraph alone, half of them written so that it does not answer
               them; retrieval can say nothing but the paragraph's cosine.

Intervals are 95 % bootstrap over questions. Where the calibration promises nothing at a risk, nothing is answered.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ragqa.config import Config, ReadConfig
from ragqa.eval.measure.stats import bootstrap_means
from ragqa.eval.runs.examine import given_passage
from ragqa.judging.metrics import exact_match
from ragqa.judging.questions import read_questions
from ragqa.pipeline import Pipeline
from ragqa.types import Hit, Question, Reply

BATCH = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's best answer: its score (−1 where there is none) and whether it is right."""

    answerable: bool
    score: float
    right: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("index", "questions", "v2"):
        parser.add_argument(name)
    parser.add_argument("--sample", type=int, default=2000)
    parser.add_argument(
        "--risks", type=lambda text: [float(risk) for risk in text.split(",")], default=[0.5, 0.4, 0.2, 0.1]
    )
    given = parser.parse_args()
    pipeline = Pipeline.load(given.index, Config(read=ReadConfig(answers=1, min_score=0.0)))
    found = list(without_own(pipeline, sample(given.questions, given.sample)))
    print(f"own paragraph removed, {len(found):,} questions\n")
    print("| risk | says that there is no answer | answers right nevertheless |\n|---|---|---|")
    for risk in given.risks:
        gives = answered(pipeline, found, risk)
        print(f"| {risk:g} | {share(~gives)} | {share(gives & rights(found))} |")
    found = list(on_own_paragraph(pipeline, sample(given.v2, given.sample)))
    can = np.array([one.answerable for one in found])
    print(f"\nSQuAD v2.0 on the given paragraph, {len(found):,} questions, {int(can.sum()):,} of them with an answer\n")
    print(
        "| risk | without an answer: says so | with an answer: answered | and right | all: EM |\n|---|---|---|---|---|"
    )
    for risk in given.risks:
        gives, right = answered(pipeline, found, risk), rights(found)
        exact = np.where(can, gives & right, ~gives)
        cells = share(~gives[~can]), share(gives[can]), share((gives & right)[can]), share(exact)
        print(f"| {risk:g} | {' | '.join(cells)} |")


def sample(path: str, count: int) -> list[Question]:
    questions = read_questions(path)
    return random.Random(4).sample(questions, min(count, len(questions)))


def without_own(pipeline: Pipeline, questions: Sequence[Question]) -> Iterator[Asked]:
    """Asked of all passages but those of documents that are known to answer."""
    k = pipeline.config.read.passages
    for batch in batches(questions):
        texts = [question.text for question in batch]
        found = pipeline.search_many(texts, k + max(len(question.positives) for question in batch))
        others = [
            [hit for hit in hits if hit.passage.doc_id not in question.positives][:k]
            for question, hits in zip(batch, found, strict=True)
        ]
        yield from map(judged, batch, pipeline.read(texts, others))


def on_own_paragraph(pipeline: Pipeline, questions: Sequence[Question]) -> Iterator[Asked]:
    """Read on the paragraph that they were asked on, which is the only hit."""
    encoder = pipeline.retriever.encoder
    for batch in batches(questions):
        texts, passages = [question.text for question in batch], [given_passage(question) for question in batch]
        cosines = (encoder.encode_questions(texts) * encoder.encode_passages(passages)).sum(axis=1)
        hits = [[Hit(passage, 0.0, 1, {"dense": float(one)})] for passage, one in zip(passages, cosines, strict=True)]
        yield from map(judged, batch, pipeline.read(texts, hits))


def batches(questions: Sequence[Question]) -> Iterator[Sequence[Question]]:
    for start in range(0, len(questions), BATCH):
        print(f"\r{start:,} of {len(questions):,}", end="", file=sys.stderr, flush=True)
        yield questions[start : start + BATCH]
    print(file=sys.stderr)


def judged(question: Question, reply: Reply) -> Asked:
    best = reply.answers[0] if reply.answers else None
    right = best is not None and question.answerable and exact_match(best.text, question.answers) > 0
    return Asked(question.answerable, -1.0 if best is None else best.score, right)


def answered(pipeline: Pipeline, found: Sequence[Asked], risk: float) -> np.ndarray:
    threshold = pipeline.calibration.threshold(risk)
    scores = np.array([one.score for one in found])
    return np.zeros(len(found), bool) if threshold is None else scores >= threshold


def rights(found: Sequence[Asked]) -> np.ndarray:
    return np.array([one.right for one in found])


def share(values: np.ndarray) -> str:
    figure = bootstrap_means((100.0 * values.astype(float)).reshape(-1, 1))[0]
    return f"{figure.value:.1f} ({figure.low:.1f}–{figure.high:.1f})"


if __name__ == "__main__":
    main()
