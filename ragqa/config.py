"""Settings: frozen dataclasses, read from TOML and ``--set a.b=c``, each value knowing where it came from."""

from __future__ import annotations

import dataclasses
import math
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ragqa.device import AUTO, check_device
from ragqa.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Settings = TypeVar("Settings", bound="DataclassInstance")
MOST = 1_000_000  # of anything that is counted
FUSIONS = ("linear", "convex", "rrf", "bm25", "dense")
RELEVANCE = "relevance"
LEXICALS = ("tantivy", "rank-bm25")


def check_number(value: Any, name: str, kind: type = float, most: float = MOST) -> None:
    """`ConfigError` unless a number is finite, at most ``most`` away from 0, and whole where ``kind`` is int."""
    if isinstance(value, bool) or not isinstance(value, int if kind is int else (int, float)):
        raise ConfigError(f"{name} is {value!r}: expected {kind.__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{name} is {value}: expected a finite number")
    if abs(value) > most:
        shown = value if len(str(value)) < 30 else f"{str(value)[:30]}…"
        raise ConfigError(f"{name} is {shown}: at most {most:,}")


def check_numbers(settings: DataclassInstance, section: str) -> None:
    """`check_number` for all numbers of a section, also where they were not read from text."""
    for item in fields(settings):
        kind = {"int": int, "float": float, "float | None": float}.get(str(item.type))
        value = getattr(settings, item.name)
        if kind is not None and not (value is None and "None" in str(item.type)):
            check_number(value, f"{section}.{item.name}", kind)


@dataclass(frozen=True, slots=True)
class SplitConfig:
    """How documents become passages: target size and overlap in words (scripts without spaces: 2 characters a word)."""

    words: int = 120
    overlap: int = 0

    def __post_init__(self) -> None:
        """Sizes that make sense."""
        check_numbers(self, "split")
        if self.words < 5:
            raise ConfigError(f"split.words is {self.words}: at least 5")
        if not 0 <= self.overlap < self.words:
            raise ConfigError(f"split.overlap is {self.overlap}: from 0 to less than split.words ({self.words})")


@dataclass(frozen=True, slots=True)
class IndexConfig:
    """Index-time facts; they go into the manifest and bind every later question.

    ``dense`` is auto, flat, hnsw, ivf, or a FAISS factory string; ``encoder`` is "default", a directory or a hub name.
    """

    language: str = "en"
    lexical: str = "tantivy"
    dense: str = "auto"
    encoder: str = "default"
    split: SplitConfig = field(default_factory=SplitConfig)

    def __post_init__(self) -> None:
        """Known names only."""
        if self.lexical not in LEXICALS:
            raise ConfigError(f"index.lexical is {self.lexical!r}: one of {', '.join(LEXICALS)}")


@dataclass(frozen=True, slots=True)
class RetrieveConfig:
    """``depth`` passages from each source. ``dense_scale`` multiplies cosines in linear fusion, ``dense_weight`` is the
    dense share of convex fusion.

    ``reranker`` orders the best ``rerank_depth`` fused passages anew, or as many as are wanted if that is more: a
    cross-encoder's directory or hub name, or "relevance", by what the reader says of each; "" is none.
    """

    fusion: str = "linear"
    dense_scale: float = 40.0
    dense_weight: float = 0.4
    rrf_k: int = 60
    depth: int = 100
    reranker: str = ""
    rerank_depth: int = 50

    def __post_init__(self) -> None:
        """Known names and ranges only."""
        check_numbers(self, "retrieve")
        if self.fusion not in FUSIONS:
            raise ConfigError(f"retrieve.fusion is {self.fusion!r}: one of {', '.join(FUSIONS)}")
        if not 0.0 <= self.dense_weight <= 1.0:
            raise ConfigError(f"retrieve.dense_weight is {self.dense_weight}: from 0 to 1")
        if self.dense_scale < 0.0:
            raise ConfigError(f"retrieve.dense_scale is {self.dense_scale}: at least 0")
        if self.depth < 1 or self.rerank_depth < 1 or self.rrf_k < 0:
            raise ConfigError("retrieve.depth and retrieve.rerank_depth must be at least 1, retrieve.rrf_k at least 0")


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """``passages`` read and ``answers`` given at most. With ``all`` as many answers as are sure enough are given, for
    questions with several right ones, and all passages are read for them. Readers named by ``ensemble`` read beside
    ``reader``, and their probabilities are averaged.

    An answer is given if its score reaches what the calibration says keeps the share of wrong answers at ``risk``;
    ``min_score``, where set, is the threshold instead. ``calibration`` names a file made by `ragqa calibrate`; unset,
    the index's own is used, else the one that came with the reader.
    """

    reader: str = "default"
    ensemble: tuple[str, ...] = ()
    passages: int = 20
    answers: int = 3
    all: bool = False
    max_answer_chars: int = 160
    risk: float = 0.4
    min_score: float | None = None
    calibration: str = ""

    def __post_init__(self) -> None:
        """Ranges."""
        check_numbers(self, "read")
        if self.passages < 1 or self.answers < 1 or self.max_answer_chars < 1:
            raise ConfigError("read.passages, read.answers and read.max_answer_chars must be at least 1")
        if not 0.0 < self.risk < 1.0:
            raise ConfigError(f"read.risk is {self.risk}: the share of wrong answers, above 0 and below 1")
        if self.min_score is not None and not 0.0 <= self.min_score <= 1.0:
            raise ConfigError(f"read.min_score is {self.min_score}: a probability, from 0 to 1")

    @property
    def readers(self) -> tuple[str, ...]:
        """The reader's name and those of the readers beside it."""
        return (self.reader, *self.ensemble)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, by section, and the device that models and search run on (see `ragqa.device`)."""

    index: IndexConfig = field(default_factory=IndexConfig)
    retrieve: RetrieveConfig = field(default_factory=RetrieveConfig)
    read: ReadConfig = field(default_factory=ReadConfig)
    device: str = AUTO

    def __post_init__(self) -> None:
        """A device by name; whether it is there is found out when something is to run on it."""
        check_device(self.device)


def load_config(
    path: str | Path | None = None, settings: Sequence[str] = (), base: Config | None = None
) -> tuple[Config, dict[str, str]]:
    """Defaults (or ``base``), then a TOML file, then ``a.b=c`` settings; also where each changed value came from."""
    config, origins = base or Config(), {}
    if path is not None:
        for key, value in flatten(read_toml(Path(path))):
            config = override(config, {key: value})
            origins[key] = str(path)
    for setting in settings:
        key, text = parse_setting(setting)
        config = override(config, {key: text})
        origins[key] = "--set"
    return config, origins


def parse_setting(setting: str) -> tuple[str, str]:
    """``"name=value"`` → (name, value)."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {setting}: expected name=value, such as retrieve.dense_weight=0.3")
    return key.strip(), text.strip()


def override(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """A copy of any settings object with values changed: ``override(config, {"index.split.words": 80})``.

    Text is converted to the setting's type; an unknown name or a wrong type is a `ConfigError`. The values of one
    section are changed together, so that a check between them sees them all.
    """
    own: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    names = [item.name for item in fields(settings)]
    kinds = typing.get_type_hints(type(settings))
    for key, value in values.items():
        name, dot, rest = key.partition(".")
        if name not in names or bool(dot) != is_dataclass(getattr(settings, name)):
            raise ConfigError(f"unknown setting {key}: expected one of {', '.join(names)}")
        if dot:
            nested.setdefault(name, {})[rest] = value
        else:
            own[name] = _convert(value, kinds[name], key)
    for name, changes in nested.items():
        own[name] = override(getattr(settings, name), changes)
    return replace(settings, **own)


def _convert(value: Any, kind: Any, key: str) -> Any:
    if isinstance(kind, types.UnionType):
        if value in (None, "none", ""):
            return None
        kind = next(option for option in typing.get_args(kind) if option is not types.NoneType)
    if kind is bool and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if typing.get_origin(kind) is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if isinstance(parts, (list, tuple)) and all(isinstance(part, str) for part in parts):
            return tuple(part.strip() for part in parts if part.strip())
        raise ConfigError(f"setting {key} is {value!r}: expected a list of names")
    if kind in (int, float):
        return _number(value, kind, key)
    if isinstance(value, kind):
        return value
    raise ConfigError(f"setting {key} is {value!r}: expected {kind.__name__}")


def _number(value: Any, kind: type, key: str) -> Any:
    """A number from text or TOML; any whole one fits a float."""
    try:
        number = kind(value) if isinstance(value, str) or (kind is float and type(value) is int) else value
    except (ValueError, OverflowError):
        raise ConfigError(f"setting {key} is {str(value)[:100]!r}: expected {kind.__name__}") from None
    check_number(number, f"setting {key}", kind, float("inf"))
    return number


def flatten(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested tables as (dotted name, value)."""
    flat = []
    for name, value in tree.items():
        flat += flatten(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return flat


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's content."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply to be read as TOML settings") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML settings ({error})") from error


def to_dict(config: Any) -> dict[str, Any]:
    """Any settings object as plain nested dicts."""
    return dataclasses.asdict(config)
