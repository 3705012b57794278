"""Who may import whom (ARCHITECTURE.md, Layers), read from the source: no other edge, no cycle, no stray torch."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import ragqa

PACKAGE = Path(ragqa.__file__).parent

# From the bottom up; a layer may import what stands on earlier lines, and itself if it is a package.
LAYERS = (
    {"types", "errors", "version", "config", "protocols", "timing", "filters", "metadata"},
    {"corpus", "store"},
    {"index", "models", "spans", "evidence", "faq", "followup"},
    {"retrieve", "pipeline", "session", "explanation", "rerank"},
    {"train", "eval", "indexing", "build"},
    {"calibrate"},
    {"cli", "server"},
    {"__main__"},
)
# neither of a pair imports the other
ALONE = [
    {"index", "models"},
    {"index", "evidence"},
    {"models", "evidence"},
    {"corpus", "store"},
    {"cli", "server"},
]
FREE = {"__init__"}  # imports lazily whatever it names
HEAVY = {"torch", "transformers", "sentence_transformers", "peft", "accelerate"}
# index/gpu.py: exact search on a GPU where only torch is installed
HEAVY_ALLOWED = ("train.", "models.export", "models.runtime", "index.gpu")
HEAVY_ONLY_INSIDE = ("models.runtime", "index.gpu")  # in functions, so that importing the module does not load torch


@dataclass(frozen=True)
class Import:
    """One import: of which module, whether when the module is loaded, whether only for type checkers."""

    target: str
    at_load: bool
    typing_only: bool


def imports(source: str, module: str, modules: set[str]) -> Iterator[Import]:
    """All imports of a module; those of ragqa's own as dotted names below ragqa ("index.dense")."""
    yield from _walk(ast.parse(source), module, modules, True, False)


def _walk(node: ast.AST, module: str, modules: set[str], at_load: bool, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            for name in _names(child, module, modules):
                yield Import(name, at_load, typing_only)
        inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        guard = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from _walk(child, module, modules, at_load and not inside, typing_only or guard)


def _names(node: ast.Import | ast.ImportFrom, module: str, modules: set[str]) -> list[str]:
    if isinstance(node, ast.Import):
        full = [alias.name for alias in node.names]
    else:
        source = node.module or ""
        if node.level:
            parts = ["ragqa", *module.split(".")]
            parts = parts if module in _packages(modules) else parts[:-1]
            source = ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
        full = [f"{source}.{alias.name}" for alias in node.names]
    return [_own(name, modules) if name.partition(".")[0] == "ragqa" else name for name in full]


def _packages(modules: set[str]) -> set[str]:
    return {name.rpartition(".")[0] for name in modules if "." in name}


def _own(name: str, modules: set[str]) -> str:
    """ "ragqa.index.dense.search" → "@index.dense": the longest part that is a module."""
    parts = name.split(".")[1:]
    while parts and ".".join(parts) not in modules:
        parts.pop()
    return "@" + (".".join(parts) or "__init__")


def sources(package: Path) -> dict[str, str]:
    """Every module's source, by its dotted name below the package; a package's is that of its ``__init__``."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        found[name] = path.read_text(encoding="utf-8")
    return found


def _rank(layer: str) -> int | None:
    return next((rank for rank, names in enumerate(LAYERS) if layer in names), None)


def violations(code: Mapping[str, str]) -> list[str]:
    """One line for each import that the house does not allow, and one for a cycle."""
    modules, found = set(code), []
    edges: dict[str, set[str]] = {}
    for module, source in code.items():
        for item in imports(source, module, modules):
            if not item.target.startswith("@"):
                found += _heavy(module, item)
                continue
            target = item.target.removeprefix("@")
            found += _edge(module, target)
            if not item.typing_only and target != module:
                edges.setdefault(module, set()).add(target)
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        found.append(f"cycle: {' → '.join(error.args[1])}")
    return found


def _edge(module: str, target: str) -> list[str]:
    above, below = module.partition(".")[0], target.partition(".")[0]
    if above == below or above in FREE:
        return []
    if below == "__init__":
        return [f"{module} imports the whole package"]
    if above == "testing":
        return [] if below in {"types", "protocols"} else [f"{module} imports {target}"]
    upper, lower = _rank(above), _rank(below)
    if upper is None or lower is None:
        return [f"{module} imports {target}: {above if upper is None else below} has no place in the house"]
    if {above, below} in ALONE or lower > upper:
        return [f"{module} imports {target}"]
    return []


def _heavy(module: str, item: Import) -> list[str]:
    if item.target.partition(".")[0] not in HEAVY or item.typing_only:
        return []
    if not f"{module}.".startswith(tuple(f"{name.rstrip('.')}." for name in HEAVY_ALLOWED)):
        return [f"{module} imports {item.target}"]
    if module in HEAVY_ONLY_INSIDE and item.at_load:
        return [f"{module} imports {item.target} when loaded"]
    return []


def test_the_house_keeps_its_layers() -> None:
    assert violations(sources(PACKAGE)) == []


def test_every_module_has_a_place() -> None:
    homeless = {name.partition(".")[0] for name in sources(PACKAGE)} - set().union(*LAYERS) - FREE - {"testing"}
    assert homeless == set()


HOUSE = {
    "__init__": "from ragqa.version import __version__",
    "version": "",
    "types": "",
    "corpus": "",
    "corpus.read": "from ragqa.types import Document",
    "store": "",
    "index": "",
    "index.dense": "import numpy as np\nfrom ragqa.corpus import read",
    "index.gpu": "def scan():\n    import torch",
    "models": "",
    "models.runtime": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch",
    "retrieve": "from ragqa.index.dense import search",
    "train": "",
    "train.reader": "import torch\nfrom ragqa.models import runtime",
    "testing": "import numpy\nfrom ragqa.types import Passage",
}


def test_a_good_house_is_left_alone() -> None:
    assert violations(HOUSE) == []


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("index.dense", "from ragqa.models.runtime import Runtime", "index.dense imports models.runtime"),
        ("models.runtime", "import ragqa.index.dense", "models.runtime imports index.dense"),
        ("corpus.read", "def f():\n    from ragqa.index import dense", "corpus.read imports index.dense"),
        ("types", "from ragqa import corpus", "types imports corpus"),
        ("corpus.read", "from ..store import atomic", "corpus.read imports store"),
        ("corpus.read", "if TYPE_CHECKING:\n    import ragqa.retrieve", "corpus.read imports retrieve"),
        ("retrieve", "from ragqa.train.reader import fit", "retrieve imports train.reader"),
        ("retrieve", "import torch", "retrieve imports torch"),
        ("index.dense", "def f():\n    import torch.nn", "index.dense imports torch.nn"),
        ("models.runtime", "import torch", "models.runtime imports torch when loaded"),
        ("index.gpu", "try:\n    import torch\nexcept ImportError: ...", "index.gpu imports torch when loaded"),
        ("types", "from ragqa import Pipeline", "types imports the whole package"),
        ("testing", "from ragqa.index import dense", "testing imports index.dense"),
        ("utils", "import ragqa.types", "utils imports types: utils has no place in the house"),
    ],
)
def test_a_planted_edge_is_found(module: str, line: str, complaint: str) -> None:
    assert complaint in violations(HOUSE | {module: line})


@pytest.mark.parametrize("lazily", [False, True])
def test_a_planted_cycle_is_found(lazily: bool) -> None:
    back = "from ragqa.index.dense import search"
    house = HOUSE | {"index.gpu": f"def f():\n    {back}" if lazily else back}
    house["index.dense"] = "from ragqa.index.gpu import scan"
    (complaint,) = violations(house)
    assert complaint.startswith("cycle: ")
    assert {"index.gpu", "index.dense"} == set(complaint.removeprefix("cycle: ").split(" → "))
