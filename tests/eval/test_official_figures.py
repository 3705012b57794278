"""The figures of whole runs against the official evaluations, followed step by step over all questions."""

from __future__ import annotations

import collections
import random
import re
import string
import unicodedata

import pytest

from ragqa.eval.measure.scores import score

SAID = ("the Rhine", "Switzerland", "May 1937", "26 cantons", "Black Sea", "a bridge", "in Switzerland")


def tokens(text):
    text = "".join(char for char in text.lower() if char not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def overlap(prediction, reference):
    one, other = tokens(prediction), tokens(reference)
    if not one or not other:
        return float(one == other)
    shared = sum((collections.Counter(one) & collections.Counter(other)).values())
    return 2 * shared / (len(one) + len(other))


def judge(records, prediction, measure):
    """SQuAD v2.0: the best over the references, "" for a question without an answer."""
    return {
        record["id"]: max(measure(prediction[record["id"]], text) for text in record["references"] or [""])
        for record in records
    }


def best_threshold(records, prediction, points):
    """SQuAD v2.0's search: begin with no answer to anything, then answer one question more at a time, the surest first.

    Here no two questions are equally sure.
    """
    current = best = sum(not record["answerable"] for record in records)
    for record in sorted(records, key=lambda record: -record["answers"][0]["score"]):
        if record["answerable"]:
            current += points[record["id"]]
        elif prediction[record["id"]]:
            current -= 1
        best = max(best, current)
    return 100.0 * best / len(records)


def draw(record, rng, n=40, unanswerable=0.4):
    records = []
    for number in range(n):
        answerable = rng.random() >= unanswerable
        references = rng.sample(SAID, rng.randint(1, 3)) if answerable else []
        own = record(str(number), references=references, answerable=answerable)
        text = rng.choice(SAID)
        own["answers"] = [{"text": text, "score": rng.random(), "passage": "p0", "rank": 1, "start": 0, "end": 1}]
        own["answers"][0]["doc_id"] = "d-p0"
        if not answerable:
            own |= {"positives": {}, "in_corpus": None, "gold": None}
        records.append(own)
    return records


@pytest.mark.parametrize("seed", range(12))
def test_squad_v2(make_run, record, seed):
    rng = random.Random(seed)
    threshold, records = 0.3, draw(record, rng)
    run = make_run("run", records, [["p0"]] * len(records), min_score=threshold)
    figures = {name: own["value"] for name, own in score(run)["parts"]["main"]["figures"].items()}
    always = {record["id"]: record["answers"][0]["text"] for record in records}
    sure = {record["id"]: record["answers"][0]["score"] >= threshold for record in records}
    stored = {name: text if sure[name] else "" for name, text in always.items()}
    for name, measure in (("em", lambda a, b: float(tokens(a) == tokens(b))), ("f1", overlap)):
        own = judge(records, stored, measure)
        has = [own[record["id"]] for record in records if record["answerable"]]
        none = [own[record["id"]] for record in records if not record["answerable"]]
        assert figures[f"open/{name}@1"] == pytest.approx(100.0 * sum(own.values()) / len(own))
        assert figures[f"open/has_answer_{name}"] == pytest.approx(100.0 * sum(has) / len(has))
        assert figures["open/no_answer_accuracy"] == pytest.approx(100.0 * sum(none) / len(none))
        best = best_threshold(records, always, judge(records, always, measure))
        assert figures[f"open/{name}_best"] == pytest.approx(best)


@pytest.mark.parametrize("seed", range(4))
def test_squad_v1(make_run, record, seed):
    """Every question is answered, however unsure: what is not given at the stored threshold counts here too."""
    records = draw(record, random.Random(seed), unanswerable=0.0)
    for own in records:
        own |= {"read": 1, "gold": None}
        del own["in_corpus"]
    run = make_run("run", records, [[]] * len(records), min_score=0.5, task="reading")
    figures = {name: own["value"] for name, own in score(run)["parts"]["main"]["figures"].items()}
    always = {record["id"]: record["answers"][0]["text"] for record in records}
    for name, measure in (("em", lambda a, b: float(tokens(a) == tokens(b))), ("f1", overlap)):
        own = judge(records, always, measure)
        expected = 100.0 * sum(own.values()) / len(own)
        assert (figures[f"gold/{name}"], figures[f"read/{name}_best"]) == pytest.approx((expected, expected))
        assert figures[f"read/{name}@1"] < expected  # at the threshold some are not given


def dpr_words(text):
    """DPR's tokenizer, character by character: runs of letters, digits and marks, or others one by one; lower case."""
    words, run = [], ""
    for char in unicodedata.normalize("NFD", text) + " ":
        kind = unicodedata.category(char)[0]
        if kind in "LNM":
            run += char.lower()
            continue
        words += [run] if run else []
        run = ""
        words += [char.lower()] if kind not in "ZC" else []
    return words


def dpr_holds(text, answers):
    words = dpr_words(text)
    wanted = [dpr_words(answer) for answer in answers]
    return any(words[at : at + len(own)] == own for own in wanted for at in range(len(words) - len(own) + 1))


@pytest.mark.parametrize("seed", range(6))
def test_top_k_by_answer_string(make_run, record, passages, seed):
    """DPR: the share of questions with an answer string in any of the first k passages, whatever is the gold one."""
    rng = random.Random(seed)
    pool = ("Rhine", "1,233 Kilometres", "rises  in", "Sea.", "the bridge", "may 1937", "26", "canton", "Black", "cit")
    records = [record(str(number), references=rng.sample(pool, 2)) for number in range(9)]
    rankings = [rng.sample(sorted(passages), rng.randint(0, 4)) for _ in records]
    figures = score(make_run("run", records, rankings))["parts"]["main"]["figures"]
    for k in (1, 3):
        found = [
            any(dpr_holds(passages[name], own["references"]) for name in ranked[:k])
            for own, ranked in zip(records, rankings, strict=True)
        ]
        assert figures[f"fused/answer@{k}"]["value"] == pytest.approx(100.0 * sum(found) / len(found))
