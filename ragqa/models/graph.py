"""Reads the structure of a ``model.onnx`` without loading it: names and shapes of its weights, its operators, and which
other files it would open.

ONNX files are protocol buffers. Only the needed fields are parsed and weights are skipped, so reading takes about a
millisecond for a hundred nodes, however large the file is.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ragqa.errors import ModelError

# Field numbers of onnx.proto3.
_MODEL_GRAPH, _MODEL_FUNCTIONS = 7, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_FUNCTION_NODE = 7
_NODE_OPERATOR, _NODE_ATTRIBUTE = 4, 5
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
_SPARSE_TENSORS = (1, 2)
_TENSOR_DIMS, _TENSOR_NAME, _TENSOR_EXTERNAL, _TENSOR_LOCATION = 1, 8, 13, 14
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
DEEPEST = 32  # levels of graphs inside graphs
INT8 = {"DynamicQuantizeLinear", "DynamicQuantizeMatMul", "MatMulInteger", "QAttention", "QLinearMatMul"}


@dataclass(slots=True)
class Graph:
    """The shape of each weight by name, the files outside that weights lie in, as the file names them, and the names of
    the operators.
    """

    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)


def read_graph(path: Path) -> Graph:
    """Read a file; a file that is no ONNX model, or is cut off, is a `ModelError`."""
    found = Graph()
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            problem = _problem(data, found)
    except (OSError, ValueError) as error:
        problem = str(error)
    if problem:
        raise ModelError(f"{path}: not a usable ONNX model, damaged or cut off ({problem})")
    return found


def _problem(data: mmap.mmap, found: Graph) -> str:
    """Read the graph into ``found`` and return what is wrong with it, "" if nothing is. It returns a text and raises no
    exception, because an exception would keep a reference to the mapped bytes.
    """
    try:
        _model(memoryview(data), found)
    except ValueError as error:
        return str(error)
    return ""


def check_files(path: Path, graph: Graph) -> None:
    """`ModelError` if a model would read weights from a file outside its folder."""
    folder = path.parent.resolve()
    for name in sorted(graph.files):
        try:
            place = (folder / name).resolve()
            inside = place.is_relative_to(folder) and place.is_file()
        except (OSError, ValueError):  # no file can have such a name
            inside = False
        if not inside:
            raise ModelError(f"{path}: has weights in {name[:300]}, which is no file in the model's folder")


def is_int8(path: Path) -> bool:
    """Whether a file's graph multiplies in int8; `ModelError` as of `read_graph`."""
    return not INT8.isdisjoint(read_graph(path).operators)


def positions(graph: Graph) -> int | None:
    """How many positions the model has embeddings for; None if no weight has a known name for them."""
    tables = [shape for name, shape in graph.shapes.items() if "position_embeddings.weight" in name and len(shape) == 2]
    return min((rows for rows, _ in tables), default=None)


def _model(data: memoryview, found: Graph) -> None:
    graphs = 0
    for number, value in _fields(data):
        if number == _MODEL_GRAPH:
            _graph(_bytes(value), found, 0)
            graphs += 1
        elif number == _MODEL_FUNCTIONS:
            for inner, node in _fields(_bytes(value)):
                if inner == _FUNCTION_NODE:
                    _node(_bytes(node), found, 0)
    if not graphs:
        raise ValueError("no graph in it")


def _graph(data: memoryview, found: Graph, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("graphs too deep inside each other")
    for number, value in _fields(data):
        if number == _GRAPH_INITIALIZER:
            _tensor(_bytes(value), found)
        elif number == _GRAPH_SPARSE:
            _sparse(_bytes(value), found)
        elif number == _GRAPH_NODE:
            _node(_bytes(value), found, depth)


def _node(data: memoryview, found: Graph, depth: int) -> None:
    for number, attribute in _fields(data):
        if number == _NODE_OPERATOR:
            found.operators.add(_text(attribute))
        if number != _NODE_ATTRIBUTE:
            continue
        for kind, value in _fields(_bytes(attribute)):
            if kind in _ATTRIBUTE_TENSORS:
                _tensor(_bytes(value), found)
            elif kind in _ATTRIBUTE_GRAPHS:
                _graph(_bytes(value), found, depth + 1)
            elif kind in _ATTRIBUTE_SPARSE:
                _sparse(_bytes(value), found)


def _sparse(data: memoryview, found: Graph) -> None:
    for number, value in _fields(data):
        if number in _SPARSE_TENSORS:
            _tensor(_bytes(value), found)


def _tensor(data: memoryview, found: Graph) -> None:
    name, dims, entries = "", [], {}
    for number, value in _fields(data):
        if number == _TENSOR_NAME:
            name = _text(value)
        elif number == _TENSOR_DIMS:
            dims += [value] if isinstance(value, int) else _varints(value)
        elif number == _TENSOR_EXTERNAL:
            entry = {inner: _text(text) for inner, text in _fields(_bytes(value))}
            entries[entry.get(_ENTRY_KEY, "")] = entry.get(_ENTRY_VALUE, "")
    found.shapes[name] = tuple(dims)
    if "location" in entries:
        found.files.add(entries["location"])


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) of a message: an integer, or the bytes of anything longer."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            length, at = _varint(data, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"no protocol buffer at byte {at}")
        if length > end - at:
            raise ValueError("it ends too early")
        yield key >> 3, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """The integer at a place, and the place after it."""
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("it ends too early" if at >= len(data) else f"no protocol buffer at byte {at}")
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def _varints(data: memoryview) -> list[int]:
    numbers, at = [], 0
    while at < len(data):
        number, at = _varint(data, at)
        numbers.append(number)
    return numbers


def _bytes(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where a message should be")
    return value


def _text(value: int | memoryview) -> str:
    return bytes(_bytes(value)).decode("utf-8")
