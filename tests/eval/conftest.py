"""Runs made by hand, so that every figure can be worked out on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragqa.documents import Passage
from ragqa.eval.runs.folder import Findings, SuiteRun
from ragqa.eval.runs.runner import run
from ragqa.judging.matching import has_answer
from ragqa.timing import Stopwatch

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "eval" / "suites" / "sample.toml"


@pytest.fixture(scope="session")
def indexes(tmp_path_factory):
    """Where the sample suite's index lies."""
    return tmp_path_factory.mktemp("indexes")


@pytest.fixture(scope="session")
def whole(tmp_path_factory, indexes):
    """A real run of the sample suite; for reading only."""
    return run(SUITE, tmp_path_factory.mktemp("runs") / "whole", indexes=indexes)


TEXTS = {
    "p0": "The Rhine rises in Switzerland and is 1,233 kilometres long.",
    "p1": "The Danube ends in the Black Sea.",
    "p2": "The bridge was opened in May 1937 by the mayor of the city.",
    "p3": "Switzerland has 26 cantons.",
}


def make_record(question, answer=None, score=0.9, passage="p0", rank=1, **changes):
    """A record with one answer (or none); ``changes`` replace fields."""
    start = TEXTS[passage].find(answer) if answer else -1
    place = {"passage": passage, "doc_id": f"d-{passage}", "rank": rank, "start": max(0, start)}
    place["end"] = place["start"] + len(answer or "")
    return {
        "id": f"id-{question}",
        "part": "main",
        "question": question,
        "references": ["Switzerland"],
        "pattern": False,
        "answerable": True,
        "positives": {"d-p0": 1},
        "language": "en",
        "meta": {},
        "answers": [{"text": answer, "score": score, **place}] if answer else [],
        "no_answer": 0.05,
        "read": 2,
        "tokens": 60,
        "in_corpus": True,
        "gold": {"text": "Switzerland", "score": 0.9, "null": 0.1, **place, "passage": "p0", "doc_id": "d-p0"},
        **changes,
    }


@pytest.fixture
def record():
    return make_record


@pytest.fixture
def passages():
    return TEXTS


@pytest.fixture
def make_run(tmp_path):
    """(name, records, rankings: per record the passages of the fused ranking, and likewise ``reranked``) → a finished
    run's folder.
    """

    def make(
        name, records, rankings, *, digest="h1", min_score=0.02, passages=3, depth=4, task="open", reranked=(), **facts
    ):
        folder = SuiteRun(tmp_path / name)
        folder.begin(
            {
                "hash": digest,
                "suite": "hand",
                "task": task,
                "depth": depth,
                "ks": [1, 3],
                "parts": {
                    "main": {
                        "questions": len(records),
                        "config": {"read": {"min_score": min_score, "passages": passages}},
                    }
                },
                **facts,
            }
        )
        findings = Findings()
        sources = {"fused": rankings, "reranked": reranked} if task != "reading" else {}
        for number, own in enumerate(records):
            findings.records.append(own)
            for source, ranked in ((source, every[number]) for source, every in sources.items() if every):
                hits = {
                    "passage": ranked,
                    "document": [f"d-{passage}" for passage in ranked],
                    "score": [1.0 / rank for rank in range(1, len(ranked) + 1)],
                    "grade": [own["positives"].get(f"d-{passage}", 0) for passage in ranked],
                    "answer": [has_answer(TEXTS[passage], own["references"]) for passage in ranked],
                }
                findings.add_hits(number, source, hits)
            watch = Stopwatch()
            watch.lap("read")
            findings.add_times(number, watch)
        for passage, text in TEXTS.items():
            findings.add_passage(Passage(passage, f"d-{passage}", text, "Title", 0, len(text)))
        folder.write("main-000000", findings)
        folder.finish(["main-000000"])
        return folder

    return make
