"""BM25 alone in several languages: each question over all paragraphs of its file, or of all files in one index.

    python eval/bm25_languages.py xquad.de.json.gz xquad.th.json.gz [--mixed]

A file's language is the part of its name before ".json". Prints for each file the share of questions whose paragraph is
the first, or among the first five, that is found, with 95 % intervals. With --mixed the files share one index that
finds each document's language itself (index.language "auto"), and another file's paragraph is a wrong one.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from ragqa.corpus.analyze import LANGUAGES, get_analyzer, language_of
from ragqa.corpus.squad import load_squad
from ragqa.documents import LANGUAGE, Passage
from ragqa.eval.measure.stats import bootstrap_means
from ragqa.index.facts import Allowed
from ragqa.index.lexical import TantivyIndex, TantivyWriter


def paragraphs(file: Path) -> tuple[list[str], list[tuple[str, int]]]:
    """The paragraphs of a file, and its questions with the number of theirs."""
    texts: list[str] = []
    questions: list[tuple[str, int]] = []
    for paragraph in load_squad(file):
        questions += [(question.text, len(texts)) for question in paragraph.questions]
        texts.append(paragraph.text)
    return texts, questions


def passages(texts: list[str], language: str) -> list[Passage]:
    found = []
    for number, text in enumerate(texts):
        meta = {LANGUAGE: language_of(text)} if language == "auto" else {}
        found.append(Passage(str(number), str(number), text, "", 0, len(text), meta=meta))
    return found


def index_of(texts: list[str], language: str, folder: Path) -> TantivyIndex:
    analyzer = get_analyzer(language)
    writer = TantivyWriter(folder, analyzer, create=True)
    writer.add(0, passages(texts, language))
    writer.commit()
    return TantivyIndex.open(folder, analyzer)


def report(name: str, index: TantivyIndex, passages: int, questions: list[tuple[str, int]]) -> None:
    everything = Allowed.of(np.ones(passages, bool))
    rows = index.search([text for text, _ in questions], 5, everything).rows
    rows = np.pad(rows, ((0, 0), (0, 5 - rows.shape[1])), constant_values=-1)
    right = rows == np.array([number for _, number in questions])[:, None]
    figures = bootstrap_means(np.stack([right[:, 0], right.any(axis=1)], axis=1).astype(np.float64))
    shown = "   ".join(f"{100 * one.value:5.1f} ({100 * one.low:.1f} to {100 * one.high:.1f})" for one in figures)
    print(f"{name:<12} n {len(questions):,}   top-1 and top-5 %: {shown}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--mixed", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (together if arguments.mixed else one_by_one)(arguments.files, Path(folder))


def one_by_one(files: list[Path], folder: Path) -> None:
    for number, file in enumerate(files):
        texts, questions = paragraphs(file)
        language = language_named(file)
        index = index_of(texts, language if language in LANGUAGES else "simple", folder / str(number))
        report(language, index, len(texts), questions)


def together(files: list[Path], folder: Path) -> None:
    everything: list[str] = []
    asked: dict[str, list[tuple[str, int]]] = {}
    for file in files:
        texts, questions = paragraphs(file)
        asked[language_named(file)] = [(text, number + len(everything)) for text, number in questions]
        everything += texts
    index = index_of(everything, "auto", folder / "all")
    for language, questions in asked.items():
        report(language, index, len(everything), questions)


def language_named(file: Path) -> str:
    return file.name.partition(".json")[0].rpartition(".")[2]


if __name__ == "__main__":
    main()
