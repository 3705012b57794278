"""The questions that can be browsed on the page, as JSON for its script."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ragqa.eval.page.markup import Html

Row = Mapping[str, Any]
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_OWN = ("answer", "score", "right", "em", "f1", "cause", "ranks", "read")


def browsing_data(questions: Sequence[Sequence[Row]], names: Sequence[str]) -> dict[str, Any]:
    """Questions with the answers of all runs, in the order in which the runs have them.

    ``texts`` has each passage once, as [title, text]. A row's ``runs`` has an entry for each run, null if the run does
    not have the question; in an entry ``passage`` is [number in texts, start, end] (code points) and ``gold`` a number
    in texts.
    """
    texts: dict[tuple[str, str], int] = {}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for place, own in enumerate(questions):
        for row in own:
            entry = rows.setdefault((row["part"], row["id"]), _shared(row, len(questions)))
            entry["runs"][place] = _of_run(row, texts)
    parts = list(dict.fromkeys(part for part, _ in rows))
    return {"runs": list(names), "parts": parts, "texts": [list(text) for text in texts], "rows": list(rows.values())}


def _shared(row: Row, runs: int) -> dict[str, Any]:
    shared = {name: row[name] for name in ("id", "part", "question", "references")}
    return {**shared, "slices": dict(row.get("slices") or {}), "runs": [None] * runs}


def _of_run(row: Row, texts: dict[tuple[str, str], int]) -> dict[str, Any]:
    own = {name: row.get(name) for name in _OWN}
    passage, gold = row.get("passage"), row.get("gold")
    own["passage"] = [_number(passage, texts), passage["start"], passage["end"]] if passage else None
    own["gold"] = _number(gold, texts) if gold else None
    return own | ({"why": row["why"]} if row.get("why") else {})


def _number(passage: Mapping[str, Any], texts: dict[tuple[str, str], int]) -> int:
    return texts.setdefault((passage["title"], passage["text"]), len(texts))


def embedded_json(value: Any) -> Html:
    """JSON for a script element: nothing in it can end the element or open a comment, NaN and infinities are null.

    Characters that mean something to HTML, line separators and lone surrogates are written as escapes.
    """
    text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Html(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(own) for key, own in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(own) for own in value]
    return value
