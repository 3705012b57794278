"""From a torch model to an ONNX graph that onnxruntime runs fast: traced, fused, quantized.

Weights are quantized per output channel to the 7 bits that give the same sums on every processor, and activations to 8
bits at run time (dynamic quantization). Before that, onnxruntime fuses attention, layer normalisation and GELU.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOOKED_UP = ("EmbedLayerNormalization", "Gather")
MULTIPLIED = ("MatMul", "Attention")


def write_graph(
    model: Any, outputs: tuple[str, ...], target: Path, *, type_ids: bool, shared: bool, int8: bool
) -> None:
    """Write the ONNX graph of a torch model, with free batch and length; with ``shared`` from the words' vectors on.

    Weights are quantized if ``int8``. Operators are fused where onnxruntime knows the architecture.
    """
    with tempfile.TemporaryDirectory() as scratch:
        graph = Path(scratch) / "graph.onnx"
        _trace(model, outputs, type_ids, shared, graph)
        graph = _fuse(model, graph)
        if int8:
            graph = _quantize(graph)
        shutil.copyfile(graph, target)


def _trace(model: Any, outputs: tuple[str, ...], type_ids: bool, shared: bool, path: Path) -> None:
    import torch

    tokens = "inputs_embeds" if shared else "input_ids"
    names = [tokens, "attention_mask", *(["token_type_ids"] if type_ids else [])]

    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, *arrays: torch.Tensor) -> tuple[torch.Tensor, ...]:
            result = self.inner(**dict(zip(names, arrays, strict=True)))
            return tuple(getattr(result, name) for name in outputs)

    example = torch.ones((2, 16), dtype=torch.long)
    with torch.no_grad():
        torch.onnx.export(
            Plain(),
            (torch.zeros((2, 16, model.config.hidden_size)) if shared else example, *(example,) * (len(names) - 1)),
            str(path),
            input_names=names,
            output_names=list(outputs),
            dynamic_axes={
                name: {0: "batch"} if name == "logits" else {0: "batch", 1: "length"} for name in [*names, *outputs]
            },
            opset_version=17,
            dynamo=False,
        )


def _fuse(model: Any, graph: Path) -> Path:
    """Fuse with onnxruntime's transformer optimizer where it knows the architecture."""
    if model.config.model_type not in ("bert", "roberta", "distilbert", "xlm-roberta"):
        return graph
    from onnxruntime.transformers.optimizer import optimize_model

    fused = graph.with_name("fused.onnx")
    optimized = optimize_model(
        str(graph), "bert", num_heads=model.config.num_attention_heads, hidden_size=model.config.hidden_size
    )
    optimized.save_model_to_file(str(fused))
    return fused


def _quantize(graph: Path) -> Path:
    """Tables that are only looked up in take 8 bits a number, weights that are multiplied with take 7.

    Without VNNI a processor adds two products of an activation (0 … 255) and a weight into 16 signed bits. With weights
    from -127 to 127 that sum saturates, so the result would depend on the processor; with 7 bits it never does.
    """
    for operators, seven_bits in ((LOOKED_UP, False), (MULTIPLIED, True)):
        graph = _quantize_operators(graph, operators, seven_bits)
    return graph


def _quantize_operators(graph: Path, operators: Sequence[str], seven_bits: bool) -> Path:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantized = graph.with_name(f"{graph.stem}-int8.onnx")
    fused_nodes_are_float = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    quantize_dynamic(
        str(graph),
        str(quantized),
        op_types_to_quantize=list(operators),
        per_channel=True,
        reduce_range=seven_bits,
        weight_type=QuantType.QInt8,
        extra_options=fused_nodes_are_float,
    )
    return quantized
