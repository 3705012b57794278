"""The stages between a question and its record. Each has a version, which stands for its code in a run's hash.

Runs with the same hash have the same results. Settings, data, models, index content and libraries are hashed
themselves. Code is not, because most changes of code change no result. Instead **raise a stage's version by one when
you change what this stage gives** for the same input: another passage, rank, score, answer or field, for any question.
Do not raise it for a change that only makes the code faster, clearer, or right about errors, and do not lower it again.

After a version is raised, a folder with an older run is refused, and an interrupted run cannot be resumed with other
code than it began with. `tests/eval/test_stages.py` compares what each stage gives on the
sample suite with a record, so it fails when you change what a stage gives there and forget this; after raising, record
anew with ``python tests/support/golden_stages.py``. It cannot notice a change that shows on other data only; then you
must remember to raise the version.
"""

from __future__ import annotations

VERSIONS = {
    "questions": 1,  # judging/questions, judging/collections: which questions and documents the files of a suite hold
    "documents": 4,  # corpus/: which passages the documents are split into, with which titles
    "search": 4,  # index/, models/encoder, retrieve, rerank: the rankings, and the order in which passages are read
    "reading": 6,  # models/reader, spans: which spans a reader finds in a passage, with which probabilities
    "answers": 9,  # evidence/, faq, answering: which answers a reply has, with which scores, and when reading stops
    "matching": 2,  # judging/matching: which passages hold an answer
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

    ``reads_for_order``: a reader takes part in the ranking.
    """
    return {
        stage: version
        for stage, version in VERSIONS.items()
        if stage in _OF_TASK[task] or (reads_for_order and stage in ("reading", "answers"))
    }
