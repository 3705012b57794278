"""What each stage of an evaluation run gives on the sample suite, as `tests/golden/stages.json` holds it.

``python tests/support/golden_stages.py`` records it anew, for when a stage's version was raised.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ragqa.eval.runs.identity import libraries
from ragqa.eval.runs.runner import run
from ragqa.eval.runs.stages import VERSIONS
from ragqa.index.snapshot import Snapshot
from ragqa.judging.matching import AnswerFinder
from ragqa.models.catalog import load_encoder

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "eval" / "suites" / "sample.toml"
GOLDEN = ROOT / "tests" / "golden" / "stages.json"
RANKS, ANSWERS = 5, 3
COMPUTING = ("numpy", "onnxruntime", "tantivy", "tokenizers")
NEAR = 1e-3  # scores on a machine that computes as the recorded one did
SAME, FAR = (
    0.9,
    0.05,
)  # on others: which share of texts or passages is the same, and how far scores are apart on average


def outcomes(folder, index):
    """Of each stage."""
    records = folder.records()
    snapshot = Snapshot.open(index)
    passages = sorted(snapshot.passages(np.flatnonzero(snapshot.alive)), key=lambda one: (one.doc_id, one.start))
    finder = AnswerFinder([passage.text for passage in passages])
    holding = [np.flatnonzero(finder.contains(range(len(passages)), r["references"])).tolist() for r in records]
    own = ("id", "question", "references", "pattern", "answerable", "positives", "language", "meta")
    return {
        "questions": digest([[record[name] for name in own] for record in records]),
        "documents": digest([[p.doc_id, p.start, p.end, p.retrieval_text] for p in passages]),
        "search": rankings(folder, {passage.id: number for number, passage in enumerate(passages)}),
        "reading": [[scored(r["gold"])] if r["gold"] else [] for r in records],
        "answers": [[*map(scored, r["answers"][:ANSWERS]), [f"read {r['read']}", r["no_answer"]]] for r in records],
        "matching": digest(holding),
        "records": {
            "fields": sorted({name for record in records for name in record}),
            "answer": sorted({name for record in records for answer in record["answers"] for name in answer}),
            "tables": {name: str(folder.table(name).schema) for name in ("hits.arrow", "passages.arrow")},
        },
    }


def rankings(folder, numbers):
    """By source, of each question the best passages' numbers with their scores."""
    found = {}
    for hit in folder.table("hits.arrow").to_pylist():
        if hit["rank"] <= RANKS:
            questions = found.setdefault(hit["source"], {})
            questions.setdefault(hit["question"], []).append([str(numbers[hit["passage"]]), round(hit["score"], 5)])
    return {source: [questions[number] for number in sorted(questions)] for source, questions in found.items()}


def scored(answer):
    return [answer["text"], round(answer["score"], 5)]


def digest(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def machine():
    """By what one can tell that another machine computes the same digits."""
    vector = load_encoder().encode_questions(["Who discovered penicillin?"])[0]
    own = {name: version for name, version in libraries().items() if name in COMPUTING}
    return {"libraries": own, "vector": [round(float(value), 6) for value in vector[:8]]}


def differences(stage, then, now, alike):
    """What a stage gives otherwise than recorded; ``alike``: this machine computes as the recorded one did."""
    if stage in ("questions", "documents", "matching", "records"):
        return [] if then == now else [stage]
    if stage == "search":
        lost = [f"sources {sorted(now)}"] if then.keys() != now.keys() else []
        return lost + [
            f"{source}: {found}"
            for source in then.keys() & now.keys()
            for found in apart(then[source], now[source], alike or source == "bm25")
        ]
    return apart(then, now, alike)


def apart(then, now, alike):
    """Lists of [text, score] of each question: whether they are the same as far as that can be asked for."""
    if len(then) != len(now):
        return [f"{len(now)} questions instead of {len(then)}"]
    if alike:
        pairs = enumerate(zip(then, now, strict=True))
        return [f"question {number}: {b} instead of {a}" for number, (a, b) in pairs if not near(a, b)]
    first = [(a[0] if a else ["", 0.0], b[0] if b else ["", 0.0]) for a, b in zip(then, now, strict=True)]
    same = np.mean([a[0] == b[0] for a, b in first])
    scores = np.array([[a[1], b[1]] for a, b in first])
    far = np.mean(np.abs(scores[:, 0] - scores[:, 1]) / np.maximum(1.0, np.abs(scores[:, 0])))
    return [] if same >= SAME and far <= FAR else [f"{same:.0%} are the same, scores are {far:.3f} apart"]


def near(one, other):
    return [a[0] for a in one] == [b[0] for b in other] and np.allclose(
        [a[1] for a in one], [b[1] for b in other], rtol=NEAR, atol=NEAR
    )


def record():
    with TemporaryDirectory() as place:
        folder = run(SUITE, Path(place) / "run", indexes=Path(place) / "indexes")
        found = outcomes(folder, next((Path(place) / "indexes").iterdir()))
    stages = {stage: {"version": version, "outcome": found[stage]} for stage, version in VERSIONS.items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(own, ensure_ascii=False)}" for name, own in stages.items())
    GOLDEN.write_text(f'{{"machine": {json.dumps(machine())},\n"stages": {{\n{lines}\n}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    record()
