"""What the tests look up in ONNX graphs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_SAFE = 32767 // (2 * 255)  # two products with an activation of up to 255 must fit into 16 signed bits


def saturating_weights(graph: Path) -> list[str]:
    """The names of the int8 weights with which sums saturate on processors without VNNI; `AssertionError` where the
    graph multiplies with no int8 weights at all.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(graph))
    known = {item.name: item for item in model.graph.initializer}
    multiplied = [node.input[1] for node in model.graph.node if node.op_type in ("MatMulInteger", "QAttention")]
    weights = {name: numpy_helper.to_array(known[name]) for name in multiplied if name in known}
    assert weights, f"{graph} multiplies with no int8 weights"
    return [name for name, weight in weights.items() if np.abs(weight.astype(np.int64)).max() > _SAFE]
