"""Whether encoder and reader give the same on another kind of processor.

    python eval/processors.py record -o here.npz
    qemu-x86_64 -cpu Haswell "$(readlink -f "$(which python)")" eval/processors.py record -o avx2.npz
    python eval/processors.py compare here.npz avx2.npz

`record` encodes questions and passages, and reads each question on its passage; `compare` tells two records apart. The
questions are those of our own sample, or with ``--squad FILE --sample N`` of a file in SQuAD's format. ``--encoder``
and ``--reader`` name other models than the packaged ones. An emulator runs the interpreter itself: where `python` is
that of a virtual environment, PYTHONPATH has to name the environment's site-packages.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SAMPLE, QUESTIONS = ROOT / "corpora" / "sample", ROOT / "eval" / "questions" / "sample.jsonl"


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage that answers it."""

    question: str
    passage: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the models made of n pairs: ``vectors`` [2n, dim] of questions and then passages, of unit length; the best
    answer of each pair ("" for none), and the natural logarithm of its probability [n].
    """

    vectors: np.ndarray
    answers: list[str]
    log_p: np.ndarray


@dataclass(frozen=True, slots=True)
class Difference:
    """Two records beside each other: the lowest cosine, how many answers differ, the mean and largest difference of
    log-probabilities where they do not.
    """

    pairs: int
    cosine: float
    answers: int
    mean: float
    largest: float


def own_pairs() -> list[Pair]:
    """The sample's questions that a Markdown document answers, with its paragraph that does."""
    pairs = []
    for line in QUESTIONS.read_text("utf-8").splitlines():
        asked = json.loads(line)
        if asked["answers"] and asked.get("doc", "").endswith(".md"):
            paragraphs = (SAMPLE / asked["doc"]).read_text("utf-8").split("\n\n")
            holding = [text for text in paragraphs if asked["answers"][0] in text]
            pairs += [Pair(asked["question"], holding[0].strip(), Path(asked["doc"]).stem)] if holding else []
    return pairs


def squad_pairs(path: str, count: int) -> list[Pair]:
    """``count`` questions of a SQuAD-format file with their paragraphs, drawn by a fixed seed."""
    from ragqa.corpus.squad import load_squad

    pairs = [
        Pair(question.text, paragraph.text, paragraph.subject)
        for paragraph in load_squad(Path(path))
        for question in paragraph.questions
        if question.answers
    ]
    return random.Random(1).sample(pairs, count)


def observe(pairs: Sequence[Pair], encoder: str = "default", reader: str = "default") -> Observed:
    """Encode and read every pair."""
    from ragqa.documents import Passage
    from ragqa.models.catalog import load_encoder, load_reader

    encode, read = load_encoder(encoder), load_reader(reader)
    questions = [pair.question for pair in pairs]
    passages = [Passage(str(n), str(n), one.passage, one.title, 0, len(one.passage)) for n, one in enumerate(pairs)]
    vectors = np.concatenate([encode.encode_questions(questions), encode.encode_passages(passages)])
    best = [options[0] for options in read.read(questions, passages)]
    answers = [pair.passage[span.start : span.end] for pair, span in zip(pairs, best, strict=True)]
    return Observed(vectors, answers, np.array([span.score for span in best]))


def save(path: Path, observed: Observed) -> None:
    """Vectors in half precision, which is finer than what is told apart here."""
    answers = np.array(observed.answers)
    np.savez_compressed(path, vectors=observed.vectors.astype(np.float16), answers=answers, log_p=observed.log_p)


def load(path: Path) -> Observed:
    """What `save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Observed(arrays["vectors"].astype(np.float32), arrays["answers"].tolist(), arrays["log_p"])


def difference(one: Observed, other: Observed) -> Difference:
    """How far two records of the same pairs are apart. `ValueError` where they are of different numbers of pairs."""
    lengths = np.linalg.norm(one.vectors, axis=1) * np.linalg.norm(other.vectors, axis=1)
    cosines = (one.vectors * other.vectors).sum(axis=1) / lengths
    same = np.array([a == b for a, b in zip(one.answers, other.answers, strict=True)])
    apart = np.abs(one.log_p - other.log_p)[same]
    return Difference(len(same), float(cosines.min()), int((~same).sum()), float(apart.mean()), float(apart.max()))


def main() -> None:
    """Record or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record")
    record.add_argument("-o", "--output", required=True, type=Path)
    record.add_argument("--encoder", default="default")
    record.add_argument("--reader", default="default")
    record.add_argument("--squad")
    record.add_argument("--sample", type=int, default=120)
    record.add_argument("--limit", type=int, help="only so many of the pairs")
    compare = commands.add_parser("compare")
    compare.add_argument("one", type=Path)
    compare.add_argument("other", type=Path)
    given = parser.parse_args()
    if given.command == "record":
        pairs = squad_pairs(given.squad, given.sample) if given.squad else own_pairs()
        save(given.output, observe(pairs[: given.limit], given.encoder, given.reader))
        return
    apart = difference(load(given.one), load(given.other))
    print(
        f"{apart.pairs} pairs: {apart.answers} answers differ; lowest cosine {apart.cosine:.5f}; log-probabilities of "
        f"equal answers differ by {apart.mean:.4f} on average, {apart.largest:.4f} at most"
    )


if __name__ == "__main__":
    main()
