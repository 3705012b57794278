"""The questions of a run as rows of the page: question, answer, and ranks."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ragqa.eval.measure.measures import MeasuredPart, Record, load_parts
from ragqa.eval.measure.scores import causes_of, gold_texts, main_group
from ragqa.eval.measure.slices import slices_of
from ragqa.eval.runs.folder import SuiteRun

SHOWN = 10  # passages of an explanation that are shown


def browse(run: str | Path | SuiteRun, most: int | None = None, seed: int = 0) -> list[dict[str, Any]]:
    """A row for each question, in order. If there are more than ``most``, a random sample, the same for all runs of a
    suite.

    A row has id, part, question, references, answer ("": none was given; None: a retrieval suite), score, right, em,
    f1, cause, passage (of the answer: title, text, start, end), gold (title, text), ranks by source, read, slices, why.
    The ranks are those of the first gold passage, or if the question names none, of the first passage with the answer.
    ``why`` is None in a run without explanations (see `_why`).
    """
    folder = run if isinstance(run, SuiteRun) else SuiteRun(run)
    parts = load_parts(folder)
    places = [(name, place) for name, part in parts.items() for place in range(len(part.records))]
    if most is not None and most < len(places):
        chosen = random.Random(seed).sample(range(len(places)), most)  # noqa: S311 - repeatable, not secret
        places = [places[number] for number in sorted(chosen)]
    rows = []
    for name, part in parts.items():
        rows += _rows(part, [place for owner, place in places if owner == name])
    return rows


def _rows(part: MeasuredPart, places: list[int]) -> list[dict[str, Any]]:
    group, causes = main_group(part), causes_of(part)
    gold = [_gold(part, record) for record in part.records]
    slices = slices_of(part.records, gold_texts(part))
    by_gold = {source: grid.rank_of_gold() for source, grid in part.grids.items()}
    by_answer = {source: grid.rank_of_answer() for source, grid in part.grids.items()}
    rows = []
    for place in places:
        record = part.records[place]
        ranks = by_gold if record["positives"] else by_answer if record["references"] else {}
        em = float(part.values[f"{group}/em@1"][place]) if group else None
        rows.append(
            {
                "id": record["id"],
                "part": part.name,
                "question": record["question"],
                "references": record["references"],
                **_answer(part, record),
                "right": None if em is None else em == 100.0,
                "em": em,
                "f1": float(part.values[f"{group}/f1@1"][place]) if group else None,
                "cause": causes[place],
                "gold": gold[place],
                "ranks": {source: int(own[place]) or None for source, own in ranks.items()},
                "read": record.get("read", 0),
                "slices": {name: values[place] for name, values in slices.items() if values[place] is not None},
                "why": _why(part, place),
            }
        )
    return rows


def _answer(part: MeasuredPart, record: Record) -> dict[str, Any]:
    if "answers" not in record:
        return {"answer": None, "score": None, "passage": None}
    answers = [answer for answer in record["answers"] if answer["score"] >= part.min_score]
    if not answers:
        return {"answer": "", "score": None, "passage": None}
    best: Mapping[str, Any] = answers[0]
    title, text = part.passages[best["passage"]]
    passage = {"title": title, "text": text, "start": best["start"], "end": best["end"]}
    return {"answer": best["text"], "score": best["score"], "passage": passage}


def _why(part: MeasuredPart, place: int) -> dict[str, Any] | None:
    """The explanation in a record as the page shows it, None without one: best and without, with ``given``, logits,
    score, and

    passages    the first that were read, the quoted one, and gold ones
    words       for the first passage, the quoted one and the first gold one: their ``ranks``, and ``shares`` by word
    times       milliseconds by stage
    """
    explanation = part.records[place].get("explanation")
    if not explanation:
        return None
    best, passages = explanation["best"], explanation["passages"]
    quoted = best["rank"] if best else 0
    first = [passage["rank"] for passage in passages if passage["read"]][:SHOWN]
    shown = [passage for passage in passages if passage["rank"] in (*first, quoted) or passage["gold"]]
    gold = next((passage["rank"] for passage in passages if passage["gold"]), 0)
    compared = {passage["rank"]: passage["words"] for passage in shown if passage["rank"] in (1, quoted, gold)}
    words = {word: [own.get(word) for own in compared.values()] for some in compared.values() for word in some}
    outcomes = {
        name: own and {**own, "given": own["probability"] >= part.min_score}
        for name, own in (("best", best), ("without", explanation["without"]))
    }
    return {
        "passages": [{name: value for name, value in own.items() if name not in ("passage", "words")} for own in shown],
        "words": {"ranks": list(compared), "shares": words},
        **outcomes,
        "logits": explanation["logits"],
        "score": explanation["score"],
        "times": {stage: float(values[place]) for stage, values in part.wall.items()},
    }


def _gold(part: MeasuredPart, record: Record) -> dict[str, str] | None:
    if not record.get("gold"):
        return None
    title, text = part.passages[record["gold"]["passage"]]
    return {"title": title, "text": text}
