"""Tests that need a GPU: they run where torch can use one, and are skipped with a reason elsewhere."""

from __future__ import annotations

import pytest
from train.conftest import squad_file, tiny_base, tiny_encoder  # noqa: F401 - fixtures


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
    from support.training import write_material

    folder = tmp_path_factory.mktemp("gpu")
    write_material(folder, tiny_encoder)
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
