"""Training both models together against training them apart, on a domain that they have not seen.

    python eval/joint_or_separate.py amazon_reviews_v1.0.json.gz -o joint [--train 1200] [--test 800] [--passages 8]

The SQuAD-format file is split into halves by title. All of its paragraphs are indexed; ``--train`` questions of one
half are learnt from. ``--test`` questions of the other half are asked, and as many others of the same half, to tell
what training is worth on new documents and on those learnt from. All start from the packaged models:

    none       as they are
    reader     the reader learns from questions, their paragraphs, and the places of the answers
    retriever  the encoder learns from questions and their paragraphs; all is indexed again
    both       those two together
    joint      question encoder and reader learn together from questions and answers alone; the index stays as it is

Trained models are used in the fast form (the joint question encoder as it is). Prints Markdown for either half: top 5
by the right paragraph, EM and F1 (of the best answer, without a threshold) with 95 % bootstrap intervals, and paired
differences to "none" and from "both" to "joint", with p after Holm's correction over the table. What is done is kept in
the folder, and the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parts import articles_of, ids_of, in_first_half, with_questions, write_articles

from ragqa.eval.measure.comparison import compare
from ragqa.eval.measure.scores import score
from ragqa.eval.measure.stats import holm
from ragqa.eval.runs.runner import run
from ragqa.models.export import export_encoder, export_reader
from ragqa.store.atomic import replace_file
from ragqa.train import fit_joint, fit_reader, fit_retriever, load_recipe
from ragqa.train.checkpoints.adapter import merge_packaged
from ragqa.train.engine.recipe import JointRecipe, ReaderRecipe, RetrieverRecipe

MEASURES = {"fused/gold@5": "top 5", "open/em@1": "EM", "open/f1@1": "F1"}
SUITE = """\
task = "open"
[set.read]
passages = {passages}
min_score = 0.0
[parts.{half}]
corpus = ["corpus.json"]
questions = "{half}.json"
index = "corpus"
"""
HALVES = {"test": "articles that were not learnt from", "same": "other questions on the articles learnt from"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--train", type=int, default=1200)
    parser.add_argument("--test", type=int, default=800)
    parser.add_argument("--passages", type=int, default=8)
    given = parser.parse_args()
    folder: Path = given.output
    prepare(given.data, folder, given.train, given.test, given.passages)
    base = folder / "indexes" / "base"
    ask(folder, "none", base)
    reader = f"read.reader={train_reader(folder, given.train)}"
    ask(folder, "reader", base, [reader])
    encoder = f"index.encoder={train_retriever(folder, given.train)}"
    tuned = folder / "indexes" / "tuned"
    ask(folder, "retriever", tuned, [encoder])
    ask(folder, "both", tuned, [encoder, reader])
    joint = train_joint(folder, base / "corpus", given.train)
    ask(folder, "joint", base, [f"index.encoder={joint / 'encoder'}", f"read.reader={joint / 'reader-fast'}"])
    print("\n\n".join(f"{words}\n\n{table(folder / half, half)}" for half, words in HALVES.items()))


def prepare(data: Path, folder: Path, train: int, test: int, passages: int) -> None:
    """The corpus, the questions of both halves, and a suite for either."""
    folder.mkdir(parents=True, exist_ok=True)
    articles = articles_of(data)
    first = [article for article in articles if in_first_half(article["title"])]
    second = [article for article in articles if not in_first_half(article["title"])]
    ids = ids_of(first)
    learnt = set(random.Random(1).sample(ids, train))
    asked = {"test": (second, ids_of(second)), "same": (first, [one for one in ids if one not in learnt])}
    write_articles(folder / "corpus.json", articles)
    training = with_questions(first, learnt)
    write_articles(folder / "train.json", training)
    for half, (own, those) in asked.items():
        write_articles(folder / f"{half}.json", with_questions(own, set(random.Random(1).sample(those, test))))
        (folder / half).mkdir(exist_ok=True)
        replace_file(folder / half / "suite.toml", SUITE.format(passages=passages, half=half).encode())
    pairs = [
        {"id": qa["id"], "question": qa["question"], "answers": sorted({answer["text"] for answer in qa["answers"]})}
        for article in training
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]
    replace_file(folder / "pairs.jsonl", "".join(json.dumps(pair) + "\n" for pair in pairs).encode())


def ask(folder: Path, name: str, indexes: Path, settings: Sequence[str] = ()) -> None:
    """The runs of the questions of both halves."""
    for half in HALVES:
        print(f"asking: {name}, {HALVES[half]}", file=sys.stderr, flush=True)
        own = folder / half
        run(own / "suite.toml", own / name, data=folder, indexes=indexes, settings=settings)


def train_reader(folder: Path, questions: int) -> Path:
    """Two passes over the questions, from the packaged reader."""
    fast = folder / "reader-fast"
    if not fast.exists():
        start = folder / "reader-base"
        if not start.exists():
            merge_packaged("reader", start)
        steps = 2 * questions // 32
        recipe = load_recipe("reader-squad", ReaderRecipe, [f"base={start}", *rates(steps, 32, 1e-4)])
        export_reader(str(fit_reader([folder / "train.json"], folder / "reader", recipe)), fast)
    return fast


def train_retriever(folder: Path, questions: int) -> Path:
    """Four passes over the questions, from the packaged encoder."""
    fast = folder / "retriever-fast"
    if not fast.exists():
        steps = 4 * questions // 128
        recipe = load_recipe("retriever-squad", RetrieverRecipe, ["base=default", *rates(steps, 128, 5e-5)])
        export_encoder(str(fit_retriever([folder / "train.json"], folder / "retriever", recipe)), fast)
    return fast


def train_joint(folder: Path, index: Path, questions: int) -> Path:
    """One pass over the pairs, from both packaged models."""
    output = folder / "joint"
    if not (output / "reader-fast").exists():
        steps = questions // 8
        recipe = load_recipe("joint-qa", JointRecipe, ["data.passages=4", "train.accumulate=1", *rates(steps, 8, 3e-5)])
        fit_joint(index, folder / "pairs.jsonl", output, recipe)
        export_reader(str(output / "reader"), output / "reader-fast")
    return output


def rates(steps: int, batch: int, rate: float) -> list[str]:
    """Settings of a run that warms up over a twentieth of its steps and decays over the rest."""
    warm = max(1, steps // 20)
    return [
        f"train.steps={steps}",
        f"train.batch_size={batch}",
        f"train.lr={rate}",
        f"train.warmup_steps={warm}",
        f"train.decay_steps={steps - warm}",
        f"train.save_every={max(1, steps // 4)}",
        "train.report_to=",
    ]


def table(runs: Path, half: str) -> str:
    """Figures of every run on the questions of a half, then paired differences."""
    order = ["none", "reader", "retriever", "both", "joint"]
    lines = [f"| | {' | '.join(MEASURES.values())} |", "|---|" + "---|" * len(MEASURES)]
    for name in order:
        figures = score(runs / name)["parts"][half]["figures"]
        cells = [
            f"{figures[key]['value']:.1f} ({figures[key]['low']:.1f}–{figures[key]['high']:.1f})" for key in MEASURES
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", f"| difference | {' | '.join(MEASURES.values())} |", "|---|" + "---|" * len(MEASURES)]
    pairs = [*(("none", name) for name in order[1:]), ("both", "joint")]
    compared = [compare(runs / one, runs / other)["parts"][half]["rows"] for one, other in pairs]
    rows = [[row for row in own if row["measure"] in MEASURES] for own in compared]
    adjusted = iter(holm([row["p"] for own in rows for row in own]))
    for (one, other), own in zip(pairs, rows, strict=True):
        found = {row["measure"]: difference(row, next(adjusted)) for row in own}
        lines.append(f"| {one} → {other} | {' | '.join(found[key] for key in MEASURES)} |")
    return "\n".join(lines)


def difference(row: dict[str, Any], p: float) -> str:
    return f"{row['difference']:+.1f} ({row['low']:+.1f} to {row['high']:+.1f}), p {p:.3f}"


if __name__ == "__main__":
    main()
