"""Two made-up runs of 1,000 questions, for a report that has everything, and a question whose words are hostile."""

from __future__ import annotations

import random

QUESTIONS = 1000
CAUSES = (
    "not retrieved",
    "wrong passage",
    "boundary off: overlaps",
    "other mention of an equal type",
    "retrieved but not read",
    "abstained wrongly",
)
TEXT = """the a river city treaty of in during after mountain parliament was signed built by king engine theory first
second between north old trade museum church war steam light oxygen empire population dynasty"""
WORDS = TEXT.split()
HOSTILE = (
    "<script>alert(1)</script> </script><img src=x onerror=alert(2)> <!-- \u2028 \"quoted\" 'single' &amp; ${x} "
    "\u202eright to left\u202c שלום עולם 🦊👩‍👩‍👧 the answer <b>42</b> ends here"
)
HOSTILE_ANSWER = "<b>42</b>"


def figure(value, n, spread=3.0):
    return {"value": value, "low": value - spread, "high": value + spread, "n": n}


def make_figures(gain, n, graded):
    found = {}
    for place, source in enumerate(("bm25", "dense", "fused")):
        for k in (1, 5, 10, 20, 50, 100):
            share = 97 - 60 / (1 + place * 0.4 + k**0.7) + gain / 4
            found[f"{source}/gold@{k}"] = figure(share, n)
            found[f"{source}/recall@{k}"] = figure(share / 100, n, 0.01)
            found[f"{source}/ndcg@{k}"] = figure(share / 120, n, 0.01)
            if graded:
                found[f"{source}/answer@{k}"] = figure(min(99, share + 2), n)
        found[f"{source}/mrr"] = figure(0.7, n, 0.01)
        found[f"{source}/map"] = figure(0.69, n, 0.01)
    if graded:
        for k in (1, 3, 5):
            found[f"open/em@{k}"] = figure(44 + 3 * k + gain, n)
            found[f"open/f1@{k}"] = figure(53 + 3 * k + gain, n)
        found |= {f"open/{name}": figure(60 + gain, n) for name in ("answered", "has_answer_em", "has_answer_f1")}
        found["open/passages_read"] = figure(7.4, n, 0.2)
        found |= {"gold/em": figure(70 + gain, n), "gold/f1": figure(79 + gain, n)}
        found |= {f"open/{name}": figure(0.12, n, 0.01) for name in ("ece", "brier", "auroc", "aurc")}
        found |= {f"open/coverage_at_precision_{level}": figure(120 - level, n) for level in (80, 90, 95)}
    return found


def make_part(gain, n=QUESTIONS):
    rungs = zip(
        ("in the corpus", "retrieved", "read on the gold passage", "answered end to end"),
        (98.5, 88 + gain, 66 + gain, 47 + gain),
        strict=True,
    )
    ladder, before = [], 100.0
    for rung, value in rungs:
        ladder.append({"rung": rung, **figure(value, n), "lost": before - value})
        before = value
    types = {"date": 9, "name": 3, "number": 5, "phrase": -6}
    kinds = {
        "question word": ("how", "how many", "other", "what", "when", "where", "which", "who", "why"),
        "answer type": ("date", "name", "number", "phrase"),
        "answer words": ("≤ 1", "2", "3", "4–5", "> 5"),
    }
    return {
        "n": n,
        "figures": make_figures(gain, n, True),
        "ladder": ladder,
        "causes": [
            {
                "cause": cause,
                "n": 160 - 22 * place,
                "share": 29 - 4.0 * place,
                "examples": [f"q{place}", f"q{place + 7}"],
            }
            for place, cause in enumerate(CAUSES)
        ],
        "slices": {
            name: [
                {
                    "value": value,
                    "n": n // (place + 3),
                    "em": figure(48 + gain + types.get(value, -2 * place), n, 2 + place),
                    "f1": figure(58 + gain + types.get(value, -2 * place), n, 2 + place),
                }
                for place, value in enumerate(values)
            ]
            for name, values in kinds.items()
        },
        "curves": {
            "risk_coverage": [[k / 200, max(0, (0.5 - gain / 100) * (k / 200) ** 1.4)] for k in range(1, 201)],
            "reliability": [[k / 15, (k / 15) ** 1.4 + gain / 100, n // 15] for k in range(15)],
            "em_by_read": [[k, (47 + gain) * (1 - 0.8**k)] for k in range(1, 51)],
            "em_by_ms": [[20 * 1.02**k, (47 + gain) * k / 200] for k in range(1, 201)],
        },
        "cost": {
            **{
                f"{stage} {clock} ms p{share}": 3.21 * share / 50 * (1 + place)
                for clock in ("wall", "cpu")
                for place, stage in enumerate(("bm25", "encode", "dense", "fuse", "read", "total"))
                for share in (50, 95, 99)
            },
            "questions per second": 12.4,
            "passages read, mean": 7.42,
            "tokens read, mean": 1204.5,
            "index MB": 61.3,
            "peak memory MB, whole run": 1840.0,
            "seconds, whole run": 851.7,
        },
    }


def make_scores(name, gain, parts=("main",)):
    about = {"hash": f"{name}-3f9c21ab77d0", "suite": "squad-open", "task": "open", "name": name}
    return {"run": about, "parts": {part: make_part(gain) for part in parts}}


def make_questions(gain, n=QUESTIONS, part="main"):
    rows = []
    for place in range(n):
        rng = random.Random(f"{part}-{place}")  # the same questions and passages in every run
        passage = " ".join(rng.choices(WORDS, k=120)).capitalize() + "."
        words = passage.split()
        start = len(" ".join(words[:40])) + 1
        answer = " ".join(words[40:43])
        good = rng.random() < 0.47 + gain / 100
        rows.append(
            {
                "id": f"q{place}",
                "part": part,
                "question": " ".join(["Which", *rng.choices(WORDS, k=8)]) + f" no. {place}?",
                "references": [answer if good else " ".join(rng.choices(WORDS, k=2))],
                "answer": answer,
                "score": rng.random(),
                "right": good,
                "em": 100.0 * good,
                "f1": 100.0 if good else 40.0 * rng.random(),
                "cause": "" if good else rng.choice(CAUSES),
                "passage": {"title": "A title", "text": passage, "start": start, "end": start + len(answer)},
                "gold": {"title": "Gold", "text": passage if good else passage[::-1]},
                "ranks": {"bm25": rng.choice((1, 2, 5, None)), "dense": 1 + place % 9, "fused": 1 + place % 4},
                "read": 1 + place % 20,
                "slices": {"question word": "which", "answer type": rng.choice(("name", "phrase"))},
            }
        )
    return rows


def make_comparison(parts=("main",)):
    def row(measure, a, b, spread, p):
        ends = {"difference": b - a, "low": b - a - spread, "high": b - a + spread}
        return {"measure": measure, "n": QUESTIONS, "a": a, "b": b, **ends, "p": p, "p_holm": min(1.0, 6 * p)}

    rows = [
        row("open/em@1", 47.0, 50.0, 1.2, 0.0001),
        row("open/f1@1", 56.0, 58.9, 1.1, 0.0001),
        row("gold/em", 70.0, 70.4, 0.9, 0.34),
        row("fused/gold@20", 91.0, 90.2, 0.9, 0.08),
        row("fused/ndcg@10", 0.71, 0.722, 0.008, 0.004),
    ]
    names = [{"name": "base", "hash": "a"}, {"name": "new", "hash": "b"}]
    return {"runs": names, "parts": {part: {"n": QUESTIONS, "missing": 0, "rows": rows} for part in parts}}


def hostile_row():
    row = make_questions(0.0, 1)[0]
    start = HOSTILE.index(HOSTILE_ANSWER)
    return row | {
        "id": "<script>alert(3)</script>",
        "question": f"{HOSTILE}?",
        "references": [HOSTILE],
        "answer": HOSTILE_ANSWER,
        "cause": "</option><script>alert(4)</script>",
        "passage": {"title": HOSTILE, "text": HOSTILE, "start": start, "end": start + len(HOSTILE_ANSWER)},
        "slices": {"<i>kind</i>": "</select><script>alert(5)</script>"},
    }
