"""The stages between a question and its record, each with a version: they stand for the code in a run's hash.

A run's hash says whether two runs would find the same. Settings, data, models, index content and libraries are hashed
as they are. Code is not, as most changes of it change no outcome. Instead **raise a stage's version by one when you
change what this stage gives** for the same input: another passage, rank, score, answer or field, for any question. Do
not raise it for a change that only makes the code faster, clearer, or right about errors, and do not lower it again.

Raised versions make an evaluation run be done anew where its folder holds one of before, and keep an interrupted run
from going on with other code than it began with. `tests/eval/test_stages.py` compares what each stage gives on the
sample suite with a record, so it fails when you change what a stage gives there and forget this; after raising, record
anew with ``python tests/support/golden_stages.py``. It cannot see a change that shows on other data only: raising the
version is then up to you.
"""

from __future__ import annotations

VERSIONS = {
    "questions": 1,  # judging/questions, judging/collections: which questions and documents the files of a suite hold
    "documents": 1,  # corpus/: which passages the documents are split into, with which titles
    "search": 2,  # index/, models/encoder, retrieve, rerank: the rankings, and the order in which passages are read
    "reading": 2,  # models/reader, spans: which spans a reader finds in a passage, with which probabilities
    "answers": 3,  # evidence/, faq, answering: which answers a reply has, with which scores, and when reading stops
    "matching": 1,  # judging/matching: which passages hold an answer
    "records": 1,  # eval/runs: what is asked, and what is kept of it
}
_RETRIEVAL = ("questions", "documents", "search", "matching", "records")
_OF_TASK = {
    "retrieval": _RETRIEVAL,
    "reading": ("questions", "reading", "answers", "records"),
    "open": tuple(VERSIONS),
}


def versions(task: str, *, reads_for_order: bool = False) -> dict[str, int]:
    """The versions of the stages that a task (of a suite) runs through.

    ``reads_for_order``: a reader has a say in the rankings.
    """
    return {
        stage: version
        for stage, version in VERSIONS.items()
        if stage in _OF_TASK[task] or (reads_for_order and stage in ("reading", "answers"))
    }
