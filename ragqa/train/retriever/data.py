"""What a retriever learns from, as `Pairing`s: SQuAD-format files, what `ragqa mine` writes, or documents alone."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ragqa.convert import read_json
from ragqa.corpus.squad import load_squad
from ragqa.corpus.walk import find_files
from ragqa.errors import SourceError, TrainingError
from ragqa.mining.pairs import Candidate, Pairing, read_pairings
from ragqa.store.atomic import sha256
from ragqa.train.engine.recipe import RetrieverRecipe
from ragqa.train.retriever.weak import weak_pairings

Note = Callable[[str], None]


def load_pairings(data: Sequence[str | Path], recipe: RetrieverRecipe, note: Note) -> list[Pairing]:
    """All questions of the data that the objective can use; `TrainingError` where there are none.

    ``note`` is told what was left out and why.
    """
    if recipe.data.weak:
        pairings = weak_pairings(
            data,
            recipe.data.weak,
            words=recipe.data.words,
            keep=recipe.data.ict_keep,
            seed=recipe.train.seed,
            problems=lambda problem: note(f"skipped {problem.source}: {problem.reason}"),
        )
    else:
        pairings = [pairing for path in data for pairing in read_file(Path(path))]
    if recipe.loss.objective == "infonce":
        usable, need = [pairing for pairing in pairings if pairing.positives], "a passage that answers it"
    else:
        count = recipe.data.negatives
        usable = [_scored(pairing) for pairing in pairings if _is_scored(pairing, count)]
        need = f"scored passages, {count} of them negative, for {recipe.loss.objective} (ragqa mine --teacher)"
    if not usable:
        raise TrainingError(f"none of the {len(pairings):,} questions in the data has {need}")
    if len(usable) < len(pairings):
        note(f"{len(pairings) - len(usable):,} of {len(pairings):,} questions left out: each needs {need}")
    return usable


def read_file(path: Path) -> list[Pairing]:
    """A file of either form, told apart by its first line."""
    if _is_mined(path):
        return list(read_pairings(path))
    pairings = []
    for paragraph in load_squad(path):
        passage = Candidate(paragraph.id, paragraph.text, paragraph.subject)
        for question in paragraph.questions:
            answers = tuple(dict.fromkeys(answer.text for answer in question.answers))
            if question.text.strip():
                pairings.append(Pairing(question.id, question.text, answers, (passage,) if answers else ()))
    return pairings


def contents(data: Sequence[str | Path]) -> str:
    """One hash of all files in files and folders, by name and content."""
    digest = hashlib.sha256()
    for file in find_files([Path(path) for path in data], lambda problem: None):
        if not file.path.is_file():
            raise SourceError(f"{file.path}: no such file or folder")
        digest.update(f"{file.name}\n{sha256(file.path)}\n".encode())
    return digest.hexdigest()


def split_questions(pairings: Sequence[Pairing], share: float, seed: int) -> tuple[list[Pairing], list[Pairing]]:
    """Training and held-out questions; those on passages of one article stay together."""
    if not share:
        return list(pairings), []
    articles = sorted({_article(pairing) for pairing in pairings})
    order = np.random.default_rng(seed).permutation(len(articles))
    held = {articles[place] for place in order[: max(1, round(share * len(articles)))]}
    training = [pairing for pairing in pairings if _article(pairing) not in held]
    if not training:
        raise TrainingError("data.held_out leaves nothing to train on: lower it or give more data")
    return training, [pairing for pairing in pairings if _article(pairing) in held]


def negatives_of(pairings: Sequence[Pairing], wanted: int) -> int:
    """How many negatives each question is shown: as many as wanted, none where the data have none at all."""
    return min(wanted, max(len(pairing.negatives) for pairing in pairings))


def _article(pairing: Pairing) -> str:
    first = pairing.positives[0]
    return first.title.partition(" > ")[0] or first.id


def _is_scored(pairing: Pairing, negatives: int) -> bool:
    scores = [candidate.score for candidate in (*pairing.positives, *pairing.negatives)]
    return bool(pairing.positives) and len(pairing.negatives) >= negatives and len(set(scores)) > 1


def _scored(pairing: Pairing) -> Pairing:
    """With its best positive alone, which is the one that a teacher's order begins with."""
    best = max(pairing.positives, key=lambda candidate: candidate.score)
    return replace(pairing, positives=(best,))


def _is_mined(path: Path) -> bool:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            first = next((line for line in file if line.strip()), b"")
        return "data" not in read_json(first)
    except (OSError, EOFError) as error:
        raise SourceError(f"{path}: cannot be read ({error})") from error
    except ValueError:
        return path.name.removesuffix(".gz").endswith(".jsonl")
