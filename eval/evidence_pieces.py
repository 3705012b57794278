"""What each piece of the evidence is worth: the same passages and spans, weighed without it.

    python eval/evidence_pieces.py INDEX dev-v1.1.json.gz [--sample 1000]

Every question's passages are found and all of them read once. Then the best answer is taken as ragqa does, and with one
piece left out or replaced:

    prior           all passages count the same before they are read
    bm25, dense     no weight for that source
    odds            passages compete by the probability that they answer, not by its odds
    relevance       whether a passage answers at all does not count, only its spans against each other
    aggregation     one place alone speaks for an answer, nothing is added up
    near duplicates equal answers add up, those that are nearly equal do not
    reading on      the best passage alone is read

Prints Markdown: EM with its 95 % bootstrap interval, and the paired difference that leaving it out makes, with p of the
paired randomisation test after Holm's correction.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ragqa.calibrate import Seen, gather
from ragqa.calibrate.fit import read_answers
from ragqa.eval.measure.stats import bootstrap_means, holm, paired_interval, randomization_test
from ragqa.evidence.calibration import Weights
from ragqa.evidence.masses import Evidence, log_priors
from ragqa.evidence.phrases import phrase
from ragqa.judging.questions import read_questions
from ragqa.pipeline import Pipeline
from ragqa.wording import wording_of

Choose = Callable[[Seen, Weights], str]  # the text of the best answer, "" for none


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("questions")
    parser.add_argument("--sample", type=int, default=1000)
    given = parser.parse_args()
    pipeline, questions = Pipeline.load(given.index), read_questions(given.questions)
    chosen = random.Random(6).sample(questions, min(given.sample, len(questions)))
    seen = list(gather(pipeline, chosen, progress=told))
    weights = pipeline.calibration.weights
    right = {
        name: np.array([100.0 * one.right(choose(one, weights)) for one in seen]) for name, choose in PIECES.items()
    }
    whole, others = right["everything"], [name for name in PIECES if name != "everything"]
    adjusted = holm([randomization_test(right[name] - whole) for name in others])
    print(f"{len(seen):,} questions\n\n| without | EM | difference | p |\n|---|---|---|---|")
    print(f"| (everything is there) | {figure(whole)} | | |")
    for name, p in zip(others, adjusted, strict=True):
        lost = paired_interval(right[name] - whole)
        print(f"| {name} | {figure(right[name])} | {lost.value:+.1f} ({lost.low:+.1f} to {lost.high:+.1f}) | {p:.3f} |")


def told(stage: str, done: int, total: int | None) -> None:
    print(f"\r{stage}: {done:,} of {total:,}", end="" if done != total else "\n", file=sys.stderr, flush=True)


def figure(values: np.ndarray) -> str:
    found = bootstrap_means(values.reshape(-1, 1))[0]
    return f"{found.value:.1f} ({found.low:.1f}–{found.high:.1f})"


def weighed(**changes: float) -> Choose:
    """As ragqa does, at other weights."""

    def choose(one: Seen, weights: Weights) -> str:
        best = read_answers(one, replace(weights, **changes), 1)
        return best[0].text if best else ""

    return choose


def by_probability(one: Seen, weights: Weights) -> str:
    """prior · p(span), summed over equal answers."""
    masses: dict[str, float] = {}
    texts: dict[str, str] = {}
    for hit, spans, prior in zip(one.hits, one.spans, log_priors(one.hits, weights), strict=True):
        for span in spans:
            if span.start < span.end:
                text = hit.passage.text[span.start : span.end]
                key = phrase(text, wording_of(one.language)).key
                masses[key] = masses.get(key, 0.0) + math.exp(prior + span.score)
                texts.setdefault(key, text)
    return texts[max(masses, key=masses.__getitem__)] if masses else ""


def by_place(one: Seen, weights: Weights) -> str:
    """The one place with the most mass."""
    places = [place for form in all_read(one, weights).forms.values() for place in form.places]
    if not places:
        return ""
    best = max(places, key=lambda place: place.mass)
    return one.hits[best.index].passage.text[best.span.start : best.span.end]


def by_form(one: Seen, weights: Weights) -> str:
    """The answer with the most mass, near duplicates apart."""
    forms = all_read(one, weights).best_forms(1)
    if not forms:
        return ""
    best = forms[0].best
    return one.hits[best.index].passage.text[best.span.start : best.span.end]


def first_passage(one: Seen, weights: Weights) -> str:
    """What the reader says of the passage with the greatest prior."""
    if not one.hits:
        return ""
    place = int(np.argmax(log_priors(one.hits, weights)))
    best = next((span for span in one.spans[place] if span.start < span.end), None)
    return "" if best is None else one.hits[place].passage.text[best.start : best.end]


def all_read(one: Seen, weights: Weights) -> Evidence:
    evidence = Evidence.on(one.question, one.hits, weights, one.language)
    for spans in one.spans:
        evidence.add(spans)
    return evidence


PIECES: dict[str, Choose] = {
    "everything": weighed(),
    "prior": weighed(bm25=0.0, dense=0.0),
    "bm25": weighed(bm25=0.0),
    "dense": weighed(dense=0.0),
    "odds": by_probability,
    "relevance": weighed(relevance=0.0),
    "aggregation": by_place,
    "near duplicates": by_form,
    "reading on": first_passage,
}

if __name__ == "__main__":
    main()
