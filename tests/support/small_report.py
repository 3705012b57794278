"""What a report is made from, as little as there can be: scores of a run, a question, and words that are hostile."""

from __future__ import annotations

HOSTILE = (
    "<script>alert(1)</script> </script><!-- \u2028\u2029 \"q\" 'q' &amp; \u202eabc\u202c שלום 🦊 ]]> $title {x} \ud800"
)


def figure(value, n=50):
    return {"value": value, "low": value - 2, "high": value + 2, "n": n}


def make_scores(name="base", digest="abc123", parts=("main",), word="who", **changes):
    part = {
        "n": 50,
        "figures": {"open/em@1": figure(47.25), "open/ece": figure(0.125), "fused/gold@1": figure(60.0)},
        "ladder": [
            {"rung": "in the corpus", **figure(90.0), "lost": 10.0},
            {"rung": "answered end to end", **figure(47.0), "lost": 43.0},
        ],
        "causes": [{"cause": "not retrieved", "n": 12, "share": 48.0, "examples": ["q1", "gone"]}],
        "slices": {"question word": [{"value": word, "n": 20, "em": figure(40.0), "f1": figure(50.0)}]},
        "curves": {
            "risk_coverage": [[0.5, 0.1], [1.0, 0.5]],
            "reliability": [[0.2, 0.1, 25], [0.8, 0.7, 25]],
            "em_by_read": [[1.0, 30.0], [2.0, 47.0]],
            "em_by_ms": [[5.0, 10.0], [500.0, 47.0]],
        },
        "cost": {"read wall ms p50": 12.5, "read wall ms p95": 40.0, "index MB": 61.34},
    }
    return {
        "run": {"hash": digest, "suite": "hand", "task": "open", "name": name},
        "parts": dict.fromkeys(parts, part | changes),
    }


def make_row(name="q1", **changes):
    return {
        "id": name,
        "part": "main",
        "question": f"What is {name}?",
        "references": ["fox"],
        "answer": "fox",
        "score": 0.75,
        "right": True,
        "em": 100.0,
        "f1": 100.0,
        "cause": "",
        "passage": {"title": "Animals", "text": "a fox", "start": 2, "end": 5},
        "gold": {"title": "Animals", "text": "a fox"},
        "ranks": {"bm25": None, "fused": 1},
        "read": 3,
        "slices": {"question word": "what"},
        **changes,
    }
