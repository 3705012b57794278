"""Questions as people type them: the same questions as keywords, and with a typing error.

    python eval/asked_otherwise.py INDEX dev-v1.1.json.gz [--keywords 300] [--typos 200]

Keywords are a question in lower case without its question words, auxiliaries, articles and prepositions. A typing error
is one that `ragqa forms` makes, in a word of at least five letters. Both are asked beside the questions themselves,
and once more as they were typed, without a correction and without what makes keywords a question.

Prints Markdown: EM of the best short answer with its 95 % bootstrap interval, and the paired difference to the
questions themselves, with p of the paired randomisation test.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Sequence

import numpy as np

from ragqa.asking import Ask
from ragqa.eval.measure.stats import bootstrap_means, paired_interval, randomization_test
from ragqa.followup.words import AUXILIARIES, DETERMINERS, PREPOSITIONS, WH, tokens
from ragqa.judging.metrics import exact_match
from ragqa.judging.questions import read_questions
from ragqa.mining.forms.english import English
from ragqa.pipeline import Pipeline
from ragqa.types import Question

DROPPED = WH | AUXILIARIES | DETERMINERS | PREPOSITIONS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("questions")
    parser.add_argument("--keywords", type=int, default=300)
    parser.add_argument("--typos", type=int, default=200)
    given = parser.parse_args()
    pipeline, questions = Pipeline.load(given.index), read_questions(given.questions)
    drawn = random.Random(20).sample(questions, given.keywords + given.typos)
    plain, mistyped = drawn[: given.keywords], drawn[given.keywords :]
    print("| | n | EM | difference | p |\n|---|---|---|---|---|")
    before = right(pipeline, plain, lambda question: question)
    row("questions", before, before)
    row("the same as keywords", right(pipeline, plain, keywords), before)
    row("the same as keywords, as typed", right(pipeline, plain, keywords, as_typed=True), before)
    before = right(pipeline, mistyped, lambda question: question)
    row("questions", before, before)
    row("the same with a typing error, corrected", right(pipeline, mistyped, typo), before)
    row("the same with a typing error, as typed", right(pipeline, mistyped, typo, as_typed=True), before)


def keywords(question: str) -> str:
    """What is left of a question without what only asks and joins."""
    return " ".join(token.low for token in tokens(question) if token.is_word and token.low not in DROPPED)


def typo(question: str) -> str:
    """The question with one typing error in a long word, drawn by its own letters."""
    rng = np.random.default_rng(list(question.encode()))
    long = list(re.finditer(r"[A-Za-z]{5,}", question))
    if not long:
        return question
    word = long[int(rng.integers(len(long)))]
    return question[: word.start()] + English().typing_errors(rng, word[0]) + question[word.end() :]


def right(
    pipeline: Pipeline, questions: Sequence[Question], form: Callable[[str], str], *, as_typed: bool = False
) -> np.ndarray:
    """100 for each question whose best short answer is right, else 0."""
    asks = [Ask(form(one.text) or one.text, k=1, min_score=0.0, form="span", as_typed=as_typed) for one in questions]
    found = []
    for one, ask in zip(questions, asks, strict=True):
        (reply,) = pipeline.answer([ask])
        texts = [answer.text for answer in reply.answers]  # type: ignore[union-attr]
        found.append(100.0 * bool(texts and exact_match(texts[0], one.answers)))
    return np.array(found)


def row(name: str, values: np.ndarray, before: np.ndarray) -> None:
    em = bootstrap_means(values.reshape(-1, 1))[0]
    said = f"| {name} | {len(values)} | {em.value:.1f} ({em.low:.1f} to {em.high:.1f}) |"
    if values is before:
        print(f"{said} | |", flush=True)
        return
    lost = paired_interval(values - before)
    p = randomization_test(values - before)
    print(f"{said} {lost.value:+.1f} ({lost.low:+.1f} to {lost.high:+.1f}) | {p:.3f} |", flush=True)


if __name__ == "__main__":
    main()
