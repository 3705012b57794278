"""Prints an explanation on a terminal: a section for each stage, in columns, at most 100 characters wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragqa.cli.output import place
from ragqa.cli.terminal import Styled, say

if TYPE_CHECKING:
    from ragqa.config import RetrieveConfig
    from ragqa.explanation import Explanation, Outcome, ScoreParts, SeenPassage

WIDTH = 100
SHOWN = 10  # passages and words that are shown
NAME = 26  # characters of a word that are shown
NOTHING = "-"


def print_explanation(explanation: Explanation) -> None:
    """Print the sections that have something to show."""
    shown = _shown(explanation)
    _print("Words", _words(shown, explanation.retrieve))
    _print("Passages", _passages(explanation, shown))
    if explanation.best is not None and explanation.score is not None:
        _print("Answer", _answer(explanation, explanation.best))
        _print("Score", _score(explanation.score))
        _print(f"Without passage {explanation.best.answer.hit.rank}", _without(explanation.without))
    times = [f"{name} {value:.1f}" for name, value in explanation.reply.timings.items()]
    _print("Time in ms", ["   ".join(times)])


def _shown(explanation: Explanation) -> list[SeenPassage]:
    """The first passages that were read; the one that the best answer is quoted from is always among them."""
    read = [passage for passage in explanation.passages if passage.read]
    quoted = "" if explanation.best is None else explanation.best.answer.hit.passage.id
    beyond = [passage for passage in read[SHOWN:] if passage.hit.passage.id == quoted]
    return [*read[: SHOWN - len(beyond)], *beyond]


def _print(title: str, lines: Sequence[str]) -> None:
    say()
    say(Styled(title, bold=True))
    for line in lines:
        say(f"  {line}".rstrip())


def _words(shown: Sequence[SeenPassage], retrieve: RetrieveConfig) -> list[str]:
    """A row for each word, by falling share of the scores, and a column for each passage. The sums are BM25 scores."""
    if retrieve.fusion == "dense":
        return ["do not count (fusion dense)"]
    most: dict[str, float] = {}
    for passage in shown:
        for word, share in passage.words.items():
            most[word] = max(share, most.get(word, share))
    if not most:
        return ["none of the question is in a passage that was read" if shown else "none of the question was found"]
    words = sorted(most, key=lambda word: -most[word])
    width = min(NAME, max(map(len, [*words[:SHOWN], "passage"])))
    rows = [f"{'passage':<{width}}" + "".join(f"{passage.hit.rank:>7}" for passage in shown)]
    for word in words[:SHOWN]:
        shares = "".join(_cell(passage.words.get(word), 7, 2) for passage in shown)
        rows.append(f"{_cut(word, width):<{width}}{shares}")
    sums = "".join(_cell(passage.hit.sources.get("bm25"), 7, 2) for passage in shown)
    rows.append(f"{'BM25':<{width}}{sums}")
    return rows + ([f"{len(words) - SHOWN} more words count less"] if len(words) > SHOWN else [])


def _passages(explanation: Explanation, shown: Sequence[SeenPassage]) -> list[str]:
    if not explanation.passages:
        return ["none was found"]
    weights, every = explanation.weights, explanation.passages
    sources = [name for name in ("bm25", "dense", "rerank") if any(name in one.hit.sources for one in every)]
    wide = explanation.reranked or explanation.retrieve.fusion == "linear"
    digits = {"bm25": 2, "dense": 3, "rerank": 2, "score": 2 if wide else 4}
    head = f"{'':>3}" + "".join(f"{name:>8}" for name in [*sources, "score", "prior", "null"]) + f"{'relevance':>11}  "
    rows = [head.rstrip()]
    for one in shown:
        hit = one.hit
        cells = "".join(_cell(hit.sources.get(name), 8, digits[name]) for name in sources)
        cells += _cell(hit.score, 8, digits["score"]) + _cell(one.prior, 8, 3) + _cell(one.null, 8, 3)
        where = place(hit, hit.passage.line, (hit.passage.start, hit.passage.end))
        row = f"{hit.rank:>3}{cells}{_cell(one.relevance, 11, 2)}  "
        rows.append(row + _cut_front(where, WIDTH - 2 - len(row)))
    read = explanation.reply.read
    more = [f"{read - len(shown)} more were read"] if read > len(shown) else []
    if read < len(every):
        more.append(f"{len(every) - read} were not read, as they could not change the best answer")
    counted = " + ".join(f"{getattr(weights, name):g} · {name}" for name in sources if getattr(weights, name))
    return [
        *rows,
        *(["; ".join(more)] if more else []),
        f"score: {_order(explanation)}; prior: softmax of {counted or 'nothing'}",
        f"null: no answer there; relevance: log-odds of an answer, of weight {weights.relevance:g}",
        f"of all evidence, {explanation.reply.no_answer:.3f} says that there is no answer",
    ]


def _order(explanation: Explanation) -> str:
    """What decides the order of the passages, in words."""
    retrieve = explanation.retrieve
    if explanation.reranked:
        return f"the reranker's ({retrieve.reranker})" if retrieve.reranker else "the reranker's"
    weight = retrieve.dense_weight
    return {
        "linear": f"bm25 + {retrieve.scale:g} · dense",
        "convex": f"{1.0 - weight:g} · bm25 + {weight:g} · dense, each from 0 to 1",
        "rrf": f"1 / ({retrieve.rrf_k} + rank), of both sources",
        "bm25": "bm25, from 0 to 1",
        "dense": "dense, from 0 to 1",
    }[retrieve.fusion]


def _answer(explanation: Explanation, best: Outcome) -> list[str]:
    rows = [_outcome(best)]
    if best.answer.faq:
        return [*rows, f"stored answer to: {_cut(' '.join(best.answer.hit.passage.title.split()), WIDTH - 20)}"]
    several = len(explanation.logits) > 1
    for logits in explanation.logits:
        reader = f"reader {logits.reader}: " if several else ""
        parts = f"start {logits.start:.2f} + end {logits.end:.2f} - null {logits.null:.2f}"
        rows.append(f"{reader}{parts} = margin {logits.margin:.2f}")
    return rows


def _score(score: ScoreParts) -> list[str]:
    width = max(len(feature.name) for feature in score.features)
    rows = [f"{'':<{width}}{'value':>10}{'weight':>10}{'product':>10}"]
    rows.append(f"{'bias':<{width}}{'':>20}{score.bias:>10.3f}")
    for feature in score.features:
        cells = "".join(_cell(value, 10, 3) for value in (feature.value, feature.weight, feature.product))
        rows.append(f"{feature.name:<{width}}{cells}")
    rows.append(f"{'sum':<{width}}{'':>20}{score.logit:>10.3f}, a probability of {score.probability:.3f}")
    risk = "" if score.risk is None else f" for a risk of {score.risk:g}"
    if score.threshold is None:
        return [*rows, f"no score is high enough{risk}"]
    return [*rows, f"given from {score.threshold:.3f} on{risk}"]


def _without(without: Outcome | None) -> list[str]:
    return ["there would be no answer"] if without is None else [_outcome(without)]


def _outcome(outcome: Outcome) -> str:
    answer = outcome.answer
    where = f"passage {answer.hit.rank}, {place(answer.hit, answer.line, answer.document_span)}"
    tail = f"  {answer.score:.3f}{'' if outcome.given else ', not given'}  "
    text = _cut(" ".join(answer.text.split()), WIDTH - 2 - len(tail) - 30)
    return text + tail + _cut_front(where, WIDTH - 2 - len(text) - len(tail))


def _cell(value: float | None, width: int, digits: int) -> str:
    return f"{NOTHING:>{width}}" if value is None else f"{round(value, digits) + 0.0:>{width}.{digits}f}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _cut_front(text: str, length: int) -> str:
    return text if len(text) <= length else "…" + text[len(text) - length + 1 :]
