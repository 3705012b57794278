"""Who may import whom (ARCHITECTURE.md, Layers), read from the source: no other edge, no cycle, no stray torch."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import ragqa

PACKAGE = Path(ragqa.__file__).parent

# From the bottom up; a layer may import what stands on earlier lines, and itself if it is a package.
LAYERS = (
    {
        *("documents", "types", "asking", "errors", "version", "convert", "config", "device", "filters", "metadata"),
        *(
            "protocols",
            "sentences",
            "timing",
            "markdown",
            "normalized",
            "atoms",
            "items",
            "enumerations",
            "wholes",
            "copies",
            "crowds",
            "seen",
        ),
        *("wording", "characters", "languages", "grounded"),
    },
    {"corpus", "store"},
    {"questions"},
    {"index", "models", "spans", "evidence", "faq", "followup", "spelling"},
    {"judging"},
    {"retrieve", "rerank"},
    {"answering"},
    {"explanation", "session", "composition", "grounding"},
    {"pipeline", "remote"},
    {"mining"},
    {"train", "eval", "indexing"},
    {"library"},
    {"calibrate"},
    {"serve"},
    {"agents", "integrations"},
    {"cli"},
    {"__main__"},
)
# The rooms of a package, from the bottom up likewise. Rooms of one line do not import each other.
ROOMS = {
    "judging": ({"normalize", "matching", "collections"}, {"metrics", "questions"}),
    "mining": ({"pairs", "forms"}, {"teacher"}, {"negatives"}),
    "train": ({"engine"}, {"checkpoints"}, {"reader", "retriever"}, {"joint", "reranker"}),
    "eval": ({"runs"}, {"measure"}, {"page"}),
}
# neither of a pair imports the other
ALONE = [
    {"index", "models"},
    {"index", "evidence"},
    {"models", "evidence"},
    {"corpus", "store"},
    {"pipeline", "remote"},
    {"train", "eval"},
    {"mining", "eval"},
]
FREE = {"__init__"}  # imports lazily whatever it names
HEAVY = {"torch", "transformers", "sentence_transformers", "peft", "accelerate"}
# index/gpu.py: exact search on a GPU where only torch is installed
# "only inside": in functions, so that importing the module does not load torch
HEAVY_ALLOWED = (
    "train.",
    "mining.teacher",
    "models.conversion",
    "models.export",
    "models.quiet",
    "models.runtime",
    "models.torch_runtime",
    "index.gpu",
)
HEAVY_ONLY_INSIDE = (
    "mining.teacher",
    "models.conversion",
    "models.quiet",
    "models.runtime",
    "models.torch_runtime",
    "index.gpu",
)  # in functions, so that importing the module does not load torch


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


def _rank(layer: str, layers: Sequence[Collection[str]] = LAYERS) -> int | None:
    return next((rank for rank, names in enumerate(layers) if layer in names), None)


def violations(code: Mapping[str, str]) -> list[str]:
    """One line for each import that the house does not allow, and one for each circle."""
    modules, found = set(code), []
    edges: dict[str, set[str]] = {}
    for module, source in code.items():
        for item in imports(source, module, modules):
            if not item.target.startswith("@"):
                found += _heavy(module, item)
                continue
            target = item.target.removeprefix("@")
            found += _edge(module, target)
            if target != module:
                edges.setdefault(module, set()).add(target)
    return found + list(_circles(edges))


def _circles(edges: dict[str, set[str]]) -> Iterator[str]:
    """One line for each circle, of imports inside functions and of those for type checkers too."""
    while True:
        try:
            return TopologicalSorter(edges).prepare()
        except CycleError as error:
            yield f"cycle: {' → '.join(error.args[1])}"
            imported, importing = error.args[1][:2]
            edges[importing].discard(imported)  # to find the next one


def _edge(module: str, target: str) -> list[str]:
    above, below = module.partition(".")[0], target.partition(".")[0]
    if above == below:
        return _inner_edge(module, target)
    if above in FREE:
        return []
    if below == "__init__":
        return [f"{module} imports the whole package"]
    if above == "testing":
        return [] if below in {"documents", "types", "protocols"} else [f"{module} imports {target}"]
    upper, lower = _rank(above), _rank(below)
    if upper is None or lower is None:
        return [f"{module} imports {target}: {above if upper is None else below} has no place in the house"]
    if {above, below} in ALONE or lower > upper:
        return [f"{module} imports {target}"]
    return []


def _inner_edge(module: str, target: str) -> list[str]:
    """Within a package that has rooms: a room may import rooms below it, and only the package's door all of them."""
    package, _, rest = module.partition(".")
    rooms, above, below = ROOMS.get(package), rest.partition(".")[0], target.partition(".")[2].partition(".")[0]
    if rooms is None or not above or above == below:
        return []
    upper, lower = _rank(above, rooms), _rank(below, rooms)
    if upper is None:
        return [f"{module} imports {target}: {above} has no place in {package}"]
    return [] if lower is not None and lower < upper else [f"{module} imports {target}"]


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


def test_every_module_of_a_package_with_rooms_is_in_one() -> None:
    names = [name.split(".") for name in sources(PACKAGE)]
    for package, rooms in ROOMS.items():
        assert {parts[1] for parts in names if parts[0] == package and len(parts) > 1} == set().union(*rooms)


HOUSE = {
    "__init__": "from ragqa.version import __version__",
    "version": "",
    "documents": "",
    "types": "from ragqa.documents import Passage",
    "corpus": "",
    "corpus.read": "from ragqa.documents import Document",
    "store": "",
    "index": "",
    "index.dense": "import numpy as np\nfrom ragqa.corpus import read",
    "index.gpu": "def scan():\n    import torch",
    "models": "",
    "models.runtime": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch",
    "retrieve": "from ragqa.index.dense import search",
    "train": "from ragqa.train.reader.fit import fit",
    "train.engine": "",
    "train.engine.run": "import torch",
    "train.reader": "",
    "train.reader.fit": "import torch\nfrom ragqa.models import runtime\nfrom ragqa.train.engine import run",
    "train.retriever": "",
    "train.retriever.fit": "from ragqa.train.engine.run import train",
    "eval": "",
    "eval.runs": "",
    "eval.runs.runner": "from ragqa.retrieve import search",
    "testing": "import numpy\nfrom ragqa.documents import Passage",
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
        ("retrieve", "from ragqa.train.reader import fit", "retrieve imports train.reader.fit"),
        ("retrieve", "import torch", "retrieve imports torch"),
        ("index.dense", "def f():\n    import torch.nn", "index.dense imports torch.nn"),
        ("models.runtime", "import torch", "models.runtime imports torch when loaded"),
        ("index.gpu", "try:\n    import torch\nexcept ImportError: ...", "index.gpu imports torch when loaded"),
        ("types", "from ragqa import Pipeline", "types imports the whole package"),
        ("testing", "from ragqa.index import dense", "testing imports index.dense"),
        ("train.reader.fit", "from ragqa.eval.runs import runner", "train.reader.fit imports eval.runs.runner"),
        ("train.reader.fit", "from ragqa.train.retriever import fit", "train.reader.fit imports train.retriever.fit"),
        ("train.engine.run", "def f():\n    from ragqa.train import reader", "train.engine.run imports train.reader"),
        ("train.engine.run", "from ragqa.train import fit_reader", "train.engine.run imports train"),
        (
            "train.extra",
            "from ragqa.train.engine import run",
            "train.extra imports train.engine.run: extra has no place in train",
        ),
        ("utils", "import ragqa.types", "utils imports types: utils has no place in the house"),
    ],
)
def test_a_planted_edge_is_found(module: str, line: str, complaint: str) -> None:
    assert complaint in violations(HOUSE | {module: line})


@pytest.mark.parametrize("guard", ["", "def f():\n    ", "if TYPE_CHECKING:\n    "])
def test_a_planted_cycle_is_found(guard: str) -> None:
    house = HOUSE | {"index.gpu": f"{guard}from ragqa.index.dense import search"}
    house["index.dense"] = "from ragqa.index.gpu import scan"
    (complaint,) = violations(house)
    assert complaint.startswith("cycle: ")
    assert {"index.gpu", "index.dense"} == set(complaint.removeprefix("cycle: ").split(" → "))


def test_every_cycle_is_told() -> None:
    house = HOUSE | {"index.gpu": "from ragqa.index import dense, exact", "index.exact": "import ragqa.index.gpu"}
    house["index.dense"] = "from ragqa.index.gpu import scan"
    told = violations(house)
    assert len(told) == 2 and all("index.gpu" in complaint for complaint in told)
