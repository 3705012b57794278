"""The settings: frozen dataclasses that check their values, and a loader that says where each value came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragqa.convert import expected, flatten, misfit, one_of, override, parse_setting, read_toml
from ragqa.device import AUTO, check_device
from ragqa.errors import ConfigError
from ragqa.languages import language_named
from ragqa.types import AnswerForm

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST = 1_000_000  # the largest setting, in absolute value
FORMS: tuple[AnswerForm, ...] = ("auto", "span", "excerpt")
FUSIONS = ("linear", "convex", "rrf", "bm25", "dense")
RELEVANCE = "relevance"
DENSE_SCALE = 40.0  # of encoders that do not say theirs
LEXICALS = ("tantivy", "rank-bm25")


def check_number(value: Any, name: str, kind: type = float, most: float = MOST) -> None:
    """`ConfigError` unless a number is finite, at most ``most`` in absolute value, and whole if ``kind`` is int."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not (whole or (kind is float and isinstance(value, float) and math.isfinite(value))):
        raise ConfigError(misfit(name, value, expected(kind)))
    if abs(value) > most:
        raise ConfigError(misfit(name, value, f"at most {most:,}"))


def check_numbers(settings: DataclassInstance, section: str, **most: float) -> None:
    """`check_number` for all numbers of a section, including those that a program sets; ``most`` are larger bounds."""
    for item in fields(settings):
        kind = {"int": int, "float": float, "float | None": float}.get(str(item.type))
        value = getattr(settings, item.name)
        if kind is not None and not (value is None and "None" in str(item.type)):
            check_number(value, _key(section, item.name), kind, most.get(item.name, MOST))


def check_least(settings: DataclassInstance, section: str, **least: float) -> None:
    """`ConfigError` unless the named settings of a section are at least so large."""
    for name, bound in least.items():
        if not getattr(settings, name) >= bound:
            raise ConfigError(misfit(_key(section, name), getattr(settings, name), f"at least {bound}"))


def check_positive(settings: DataclassInstance, section: str, *names: str) -> None:
    """`ConfigError` unless the named settings of a section are above 0."""
    for name in names:
        if not getattr(settings, name) > 0:
            raise ConfigError(misfit(_key(section, name), getattr(settings, name), "above 0"))


def check_shares(settings: DataclassInstance, section: str, *names: str) -> None:
    """`ConfigError` unless the named settings of a section are from 0 to 1."""
    for name in names:
        if not 0.0 <= getattr(settings, name) <= 1.0:
            raise ConfigError(misfit(_key(section, name), getattr(settings, name), "from 0 to 1"))


def check_choice(value: str, name: str, known: Sequence[str]) -> None:
    """`ConfigError` unless a value is one of ``known``."""
    if value not in known:
        raise ConfigError(misfit(name, value, one_of(known)))


def _key(section: str, name: str) -> str:
    return f"{section}.{name}" if section else name


@dataclass(frozen=True, slots=True)
class SplitConfig:
    """How documents are split into passages: size and overlap in words (in scripts without spaces, 2 characters a
    word).
    """

    words: int = 120
    overlap: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_numbers(self, "index.split")
        check_least(self, "index.split", words=5)
        if not 0 <= self.overlap < self.words:
            wanted = f"from 0 to less than index.split.words ({self.words})"
            raise ConfigError(misfit("index.split.overlap", self.overlap, wanted))


@dataclass(frozen=True, slots=True)
class IndexConfig:
    """Settings of an index, which its manifest records; an index with other settings has to be built anew.

    ``dense`` is auto, flat, hnsw, ivf, or a FAISS factory string; ``encoder`` is "default", a directory or a hub name.
    """

    language: str = "en"
    lexical: str = "tantivy"
    dense: str = "auto"
    encoder: str = "default"
    split: SplitConfig = field(default_factory=SplitConfig)

    def __post_init__(self) -> None:
        """Check the names; that of the language becomes its code ("zh-CN" is "zh")."""
        check_choice(self.lexical, "index.lexical", LEXICALS)
        object.__setattr__(self, "language", language_named(self.language))


@dataclass(frozen=True, slots=True)
class RetrieveConfig:
    """How passages are found. BM25 and dense search each give ``depth`` passages. ``dense_scale`` multiplies cosines in
    linear fusion; unset, it is what the encoder says, or 40. ``dense_weight`` is the weight of dense scores in convex
    fusion.

    ``reranker`` orders the best ``rerank_depth`` fused passages again, or as many as are asked for if that is more. It
    is a cross-encoder's directory or hub name, "relevance" (the reader's judgement of each passage), or "" for none.
    """

    fusion: str = "linear"
    dense_scale: float | None = None
    dense_weight: float = 0.4
    rrf_k: int = 60
    depth: int = 100
    reranker: str = ""
    rerank_depth: int = 50

    def __post_init__(self) -> None:
        """Check the names and ranges."""
        check_numbers(self, "retrieve")
        check_choice(self.fusion, "retrieve.fusion", FUSIONS)
        check_shares(self, "retrieve", "dense_weight")
        check_least(self, "retrieve", depth=1, rerank_depth=1, rrf_k=0)
        if self.dense_scale is not None:
            check_least(self, "retrieve", dense_scale=0)

    @property
    def scale(self) -> float:
        """What cosines are multiplied with if the encoder says nothing of it."""
        return DENSE_SCALE if self.dense_scale is None else self.dense_scale

    def scaled(self, dense_scale: float) -> RetrieveConfig:
        """With this scale where none is set."""
        return self if self.dense_scale is not None else replace(self, dense_scale=dense_scale)


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """How passages are read: at most ``passages`` are read and at most ``answers`` given. With ``all``, every answer
    whose score is high enough is given, for questions with several right answers, and all passages are read. The
    probabilities of ``reader`` and of the readers that ``ensemble`` names are averaged.

    An answer is given if its score reaches the threshold that, by the calibration, keeps the share of wrong answers
    down to ``risk``; ``min_score``, if set, is the threshold instead. Reading ends early where the passages that are
    left would hardly change the best answer: of the questions a share of ``change`` gets another one; 0 reads until
    they cannot change it.

    ``form`` is "span" for short answers alone, "excerpt" for the sentences that answer best, and "auto" for what the
    question asks for: excerpts for reasons, procedures, definitions, comparisons, lists, and yes or no, else short
    answers. Mistyped words are corrected (`ragqa.spelling`) and keywords made a question
    (`ragqa.questions.asked.as_question`) unless ``as_typed``.
    ``calibration`` names a file made by `ragqa calibrate`; unset, the index's own is used, or else the one that came
    with the reader.
    """

    reader: str = "default"
    ensemble: tuple[str, ...] = ()
    passages: int = 20
    answers: int = 3
    all: bool = False
    max_answer_chars: int = 160
    risk: float = 0.4
    min_score: float | None = None
    change: float = 0.01
    form: AnswerForm = "auto"
    as_typed: bool = False
    calibration: str = ""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_numbers(self, "read")
        check_least(self, "read", passages=1, answers=1, max_answer_chars=1)
        if self.form not in FORMS:
            raise ConfigError(misfit("read.form", self.form, one_of(FORMS)))
        if not 0.0 < self.risk < 1.0:
            raise ConfigError(misfit("read.risk", self.risk, "a share of wrong answers, above 0 and below 1"))
        if self.min_score is not None and not 0.0 <= self.min_score <= 1.0:
            raise ConfigError(misfit("read.min_score", self.min_score, "a probability, from 0 to 1"))
        if not 0.0 <= self.change < 1.0:
            raise ConfigError(misfit("read.change", self.change, "a probability, from 0 to below 1"))

    @property
    def readers(self) -> tuple[str, ...]:
        """The names of all readers whose probabilities are averaged, ``reader`` first."""
        return (self.reader, *self.ensemble)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, by section, and the device that models and search run on (see `ragqa.device`)."""

    index: IndexConfig = field(default_factory=IndexConfig)
    retrieve: RetrieveConfig = field(default_factory=RetrieveConfig)
    read: ReadConfig = field(default_factory=ReadConfig)
    device: str = AUTO

    def __post_init__(self) -> None:
        """Check the form of the device name; whether the device exists is checked when something is to run on it."""
        check_device(self.device)


def load_config(
    path: str | Path | None = None, settings: Sequence[str] = (), base: Config | None = None
) -> tuple[Config, dict[str, str]]:
    """Settings from the defaults (or ``base``), then a TOML file, then ``a.b=c`` texts; and for each changed value
    where it came from.

    Checks between settings see all values of the file at once, and then all of the texts.
    """
    config, origins = base or Config(), dict[str, str]()
    layers = [] if path is None else [(str(path), dict(flatten(read_toml(Path(path)))))]
    for where, values in [*layers, ("--set", dict(map(parse_setting, settings)))]:
        config = override(config, values, where)
        origins |= dict.fromkeys(values, where)
    return config, origins
