"""Tests that need a GPU: they run where torch can use one, and are skipped with a reason elsewhere."""

from __future__ import annotations

import json

import pytest
from train.conftest import squad_file, tiny_base, tiny_encoder  # noqa: F401 - fixtures

from ragqa.mining.pairs import Candidate, Pairing, write_pairings

TEXTS = {
    "rhine": "The Rhine rises in Switzerland and flows to the North Sea.",
    "elbe": "The Elbe rises in the Czech Republic and flows to the North Sea.",
    "danube": "The Danube rises in Germany and ends in the Black Sea.",
    "bridge": "The bridge over the river was opened in 1937 by the mayor.",
}
ASKED = [
    ("Where does the Rhine rise?", "Switzerland", "rhine"),
    ("Where does the Elbe rise?", "the Czech Republic", "elbe"),
    ("Where does the Danube end?", "the Black Sea", "danube"),
    ("When was the bridge opened?", "1937", "bridge"),
]


@pytest.fixture(scope="session", autouse=True)
def gpu():
    """The number of GPUs."""
    torch = pytest.importorskip("torch", reason="needs ragqa[train]")
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU that torch can use: none here, so nothing of tests/gpu has been tested")
    return torch.cuda.device_count()


@pytest.fixture(scope="session")
def inputs(tmp_path_factory, squad_file, tiny_base, tiny_encoder):  # noqa: F811 - a fixture
    """For each kind what it is trained from: positional arguments of its function, and settings."""
    from ragqa import Config, build
    from ragqa.config import IndexConfig

    folder = tmp_path_factory.mktemp("gpu")
    (folder / "texts").mkdir()
    for name, text in TEXTS.items():
        (folder / "texts" / f"{name}.txt").write_text(text)
    build(folder / "texts", folder / "index", Config(index=IndexConfig(encoder=str(tiny_encoder))))
    lines = [json.dumps({"id": str(i), "question": q, "answers": [a]}) for i, (q, a, _) in enumerate(ASKED)]
    (folder / "qa.jsonl").write_text("\n".join(lines) + "\n")
    pairings = [
        Pairing(
            str(number),
            question,
            (answer,),
            (Candidate(own, TEXTS[own]),),
            tuple(Candidate(name, text) for name, text in TEXTS.items() if name != own),
        )
        for number, (question, answer, own) in enumerate(ASKED)
    ]
    write_pairings(folder / "mined.jsonl", pairings)
    mined, base, encoder = folder / "mined.jsonl", str(tiny_base), str(tiny_encoder)
    return {
        "reader": (([squad_file],), {"base": base, "data.stride": 8, "loss.relevance": 0.5}),
        "retriever": (([mined],), {"base": encoder}),
        "joint": (
            (folder / "index", folder / "qa.jsonl"),
            {"base": encoder, "reader": base, "data.stride": 8, "data.passages": 3, "method.refresh_every": 10},
        ),
        "reranker": (([mined],), {"base": base, "data.negatives": 3}),
    }
