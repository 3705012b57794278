"""Every class that is read from plain data comes back the same; junk in its place is one line of the right error."""

from __future__ import annotations

import copy
import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragqa.config import Config, IndexConfig, ReadConfig, RetrieveConfig, SplitConfig, load_config
from ragqa.convert import convert, flatten, override, plain
from ragqa.errors import ConfigError, IndexFormatError, ModelError, RagqaError, SourceError
from ragqa.eval.measure.baseline import load_baseline
from ragqa.eval.runs.suite import load_suite
from ragqa.evidence.calibration import (
    STATES,
    Calibration,
    ExcerptFit,
    ExcerptModel,
    ScoreModel,
    Step,
    StopModel,
    Weights,
    load_calibration,
)
from ragqa.mining.negatives import Mining
from ragqa.models.card import CARD, Card, read_card
from ragqa.store.manifest import EncoderFact, FileFact, Manifest, SegmentFact, SourceFact, VectorFact, VectorPart
from ragqa.train.engine import settings as train
from ragqa.train.engine.recipe import KINDS, read_recipe

SECTIONS = [kind for kind in vars(train).values() if is_dataclass(kind) and kind.__module__ == train.__name__]
SETTINGS = [Config, IndexConfig, ReadConfig, RetrieveConfig, SplitConfig, Mining, *KINDS.values(), *SECTIONS]

FACT = FileFact(1, "0" * 64)
SEGMENT = SegmentFact("a" * 32, 0, 5, 2, {"documents.arrow": FACT, "passages.arrow": FACT})
PART = VectorPart(False, {"dense-hash-4/vectors.f16": FileFact(40, "0" * 64)})
ENCODER = EncoderFact("default", "hash-4", 4)
MANIFEST = Manifest(
    format=3,
    generation=7,
    created="2025-01-02T03:04:05+00:00",
    ragqa="0.1.0",
    config=IndexConfig(),
    analyzer="en-stem-stop-1",
    segments=(SEGMENT,),
    vectors=VectorFact(ENCODER, (PART,)),
    lexical={"meta.json": FACT},
    tombstones=FACT,
    live_documents=2,
    live_passages=5,
    sources=(SourceFact("docs", "/a/docs", "../docs"),),
)
CURVE = (Step(0.9, 100, 1), Step(0.5, 200, 20))
CALIBRATION = Calibration(Weights(), ScoreModel(), CURVE, 200, "reader", "encoder", {"q.jsonl": "abc"})
CARD_HELD = Card("encoder", "name", "name-123", 256, 32, 384)
STOP = StopModel(-1.0, (0.5,) * len(STATES))
RECORDS = [
    ExcerptModel(),
    ExcerptFit(ExcerptModel()),
    STOP,
    FACT,
    ENCODER,
    SEGMENT,
    PART,
    MANIFEST.vectors,
    *MANIFEST.sources,
    MANIFEST,
    *CURVE,
    CALIBRATION,
    CARD_HELD,
]
EXAMPLES = [kind() for kind in SETTINGS] + RECORDS

TEXTS = st.sampled_from(["", "none", "hnsw", "linear", "full", "lora", "a,b", "Brücke\ud800", "a\nb", "x.y", "a" * 32])
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.sampled_from([0, 1, 2, 4, 5, 10, 64, 384, 5000, 10_000]),
    float: st.sampled_from([0.0, 0.1, 0.5, 1.0, 20.0, 1e-5]),
    bool: st.booleans(),
    str: TEXTS,
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation; of a dataclass, its default."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in LEAVES:
        return LEAVES[kind]
    if isinstance(kind, types.UnionType):
        return st.one_of([st.none() if one is types.NoneType else values(one) for one in arguments])
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(TEXTS, values(arguments[1]), max_size=2)
    return st.sampled_from([example for example in EXAMPLES if type(example) is kind])


@st.composite
def variants(draw: Any, example: Any) -> Any:
    """An instance with some fields changed to values of their kind, or as it is where it refuses these."""
    types_of = typing.get_type_hints(type(example))
    hints = {field.name: types_of[field.name] for field in fields(example)}
    own = {name: getattr(example, name) for name in hints}
    changes = {
        name: draw(variants(own[name]) if is_dataclass(own[name]) else values(hints[name]))
        for name in sorted(draw(st.sets(st.sampled_from(sorted(hints)), max_size=3)))
    }
    try:
        return replace(example, **changes)
    except (RagqaError, ValueError):
        return example


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_to_plain_data_and_back_is_the_same(example: Any) -> None:
    kind = type(example)

    @settings(max_examples=20)
    @given(variants(example))
    def check(made: Any) -> None:
        data = plain(made)
        assert convert(kind, data) == made == convert(kind, data, complete=True)
        assert json.loads(json.dumps(data)) == data, "as a JSON file holds it"
        if kind in SETTINGS:
            nones = {item.name: None for item in fields(kind) if getattr(made, item.name) is None}
            assert override(made, {}) == made == override(kind(), {**dict(flatten(data)), **nones})

    check()


def test_a_manifest_comes_back_from_its_file() -> None:
    assert Manifest.from_json(MANIFEST.to_json(), "m") == MANIFEST


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**40), 0, 1, -1, 10**9])
    | st.floats()
    | st.text(max_size=5)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def spoilt(draw: Any, content: Any) -> Any:
    """The same data with junk in some place, or something missing, or something more."""
    content = copy.deepcopy(content)
    place = content
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        way = draw(st.sampled_from(["replace", "remove", "add", "descend", "descend", "descend"]))
        if way == "add" or not keys:
            place.insert(0, draw(JUNK)) if isinstance(place, list) else place.update({draw(st.text()): draw(JUNK)})
            return content
        key = draw(st.sampled_from(keys))
        if way == "descend" and isinstance(place[key], (dict, list)):
            place = place[key]
        elif way == "remove":
            del place[key]
            return content
        else:
            place[key] = draw(JUNK)
            return content


@dataclass(frozen=True)
class Kind:
    """A file that others may have written: an example, how it is loaded, and the error that junk in it is."""

    name: str
    content: dict[str, Any]
    load: Callable[[Path], Any]
    error: type[RagqaError]


PART = {"questions": 0, "ids": "eJyLjgUAARUAuQ==", "means": {"em": None, "f1": 1.5}, "values": {"em": "eJwDAAAAAAE="}}
SUITE_PART = {"corpus": ["c"], "questions": "q", "language": "de", "set": {"read": {"risk": 0.2}}}
JSON_FILES = [
    Kind(
        "manifest.json",
        plain(MANIFEST),
        lambda path: Manifest.from_json(path.read_bytes(), str(path)),
        IndexFormatError,
    ),
    Kind("calibration.json", {"format": 1, **plain(CALIBRATION)}, load_calibration, ModelError),
    Kind(CARD, plain(CARD_HELD), lambda path: read_card(path.parent, "encoder"), ModelError),
    Kind(
        "s.json",
        {"suite": "s", "run": "r", "hash": "h", "parts": {"main": PART}},
        lambda path: load_baseline("s", path.parent),
        SourceError,
    ),
]
TOML_FILES = [
    Kind("config.toml", plain(Config(read=ReadConfig(min_score=0.5))), load_config, ConfigError),
    *(Kind(f"{name}.toml", {"kind": name, **plain(kind())}, read_recipe, ConfigError) for name, kind in KINDS.items()),
    Kind(
        "suite.toml",
        {"task": "open", "depth": 50, "ks": [1, 50], "set": {"read": {"all": True}}, "parts": {"main": SUITE_PART}},
        load_suite,
        ConfigError,
    ),
]


@pytest.mark.parametrize("kind", [*JSON_FILES, *TOML_FILES], ids=lambda kind: kind.name)
def test_the_examples_are_good(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / kind.name
    path.write_text(json.dumps(kind.content) if path.suffix == ".json" else toml(kind.content))
    assert kind.load(path) is not None


@pytest.mark.parametrize("kind", [*JSON_FILES, *TOML_FILES], ids=lambda kind: kind.name)
def test_junk_in_a_file_is_one_clear_line(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / kind.name

    @given(spoilt(kind.content) | JUNK)
    def check(content: Any) -> None:
        text = json.dumps(content) if path.suffix == ".json" else toml(content)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            kind.load(path)
        except kind.error as error:
            said = str(error)
            assert said.startswith(str(tmp_path)) and len(said) < 1000 and len(said.splitlines()) == 1, said

    check()


def toml(content: Any) -> str:
    """A TOML document, as far as there is one: TOML has no null, and nothing but a table at the top."""
    if not isinstance(content, dict):
        return inline(content)
    return "".join(f"{inline(str(name))} = {inline(value)}\n" for name, value in content.items())


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{inline(str(name))} = {inline(own)}" for name, own in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if value is None or isinstance(value, bool):
        return {None: '"none"', True: "true", False: "false"}[value]
    return repr(value)


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_junk_as_a_setting_is_one_clear_line(kind: Any) -> None:
    names = [name for name, _ in flatten(plain(kind()))]
    keys = st.sampled_from(names) | st.sampled_from(names).map(lambda name: f"{name}.x") | st.text(max_size=6)

    @given(st.dictionaries(keys, JUNK, min_size=1, max_size=2))
    def check(changes: dict[str, Any]) -> None:
        try:
            override(kind(), changes, "--set")
        except ConfigError as error:
            said = str(error)
            assert said.startswith("--set: ") and len(said) < 1000 and len(said.splitlines()) == 1, said

    check()
