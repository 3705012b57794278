"""Questions in one language about documents in another.

    python eval/cross_language.py xquad.zh.json.gz xquad.en.json.gz [xquad.de.json.gz ...] [--sample 300]

The files hold the same questions in several languages, under the same ids; a file's language is the part of its name
before ".json". Each language's paragraphs are indexed, and asked the questions of each language; what is right is the
answer in the paragraphs' language. Prints Markdown: F1 of the best short answer (EM in brackets) with the interval of
F1, a row for each language of documents, a column for each language of questions.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import numpy as np

import ragqa
from ragqa.asking import Ask
from ragqa.config import Config, IndexConfig
from ragqa.corpus.analyze import LANGUAGES
from ragqa.eval.measure.stats import bootstrap_means
from ragqa.judging.metrics import exact_match, f1
from ragqa.judging.questions import read_questions
from ragqa.pipeline import Pipeline
from ragqa.types import Question


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=300)
    given = parser.parse_args()
    questions = {language_named(file): {one.id: one for one in read_questions(file)} for file in given.files}
    shared = sorted(set.intersection(*(set(each) for each in questions.values())))
    drawn = random.Random(18).sample(shared, min(given.sample, len(shared)))
    print(f"n {len(drawn)}\n\n| documents | {' | '.join(questions)} |\n|---|{'---|' * len(questions)}")
    for file in given.files:
        language = language_named(file)
        with tempfile.TemporaryDirectory() as folder:
            config = Config(index=IndexConfig(language=language if language in LANGUAGES else "simple"))
            ragqa.build(file, folder, config)
            pipeline = Pipeline.load(folder)
            answers = [questions[language][one] for one in drawn]
            cells = [cell(pipeline, [each[one] for one in drawn], answers, language) for each in questions.values()]
        print(f"| {language} | {' | '.join(cells)} |", flush=True)


def cell(pipeline: Pipeline, asked: list[Question], answers: list[Question], language: str) -> str:
    asks = [Ask(one.text, k=1, min_score=0.0, form="span") for one in asked]
    scores = np.zeros((len(asks), 2))
    for number, (ask, wanted) in enumerate(zip(asks, answers, strict=True)):
        (reply,) = pipeline.answer([ask])
        text = reply.answers[0].text if reply.answers else ""  # type: ignore[union-attr]
        scores[number] = f1(text, wanted.answers, language), exact_match(text, wanted.answers, language)
    found, exact = bootstrap_means(100.0 * scores)
    return f"{found.value:.1f} ({found.low:.1f} to {found.high:.1f}) [{exact.value:.1f}]"


def language_named(file: Path) -> str:
    return file.name.partition(".json")[0].rpartition(".")[2]


if __name__ == "__main__":
    main()
