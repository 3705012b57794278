"""Suites: TOML files that say what is asked, of which corpus, with which settings. Checked whole before anything runs.

task = "open"                       # open: retrieve and read; reading: the paragraph is given; retrieval: no reading
description = "…"
depth = 100                         # passages kept of each source
ks = [1, 5, 20]                     # depths that are reported
[set]                               # settings of all parts
read.passages = 20
[parts.main]
corpus = ["corpus.json.gz"]         # as ragqa index reads them; or corpus_format = trec | smart | beir
questions = "questions.jsonl"       # formats: see ragqa.judging.questions
qrels = "qrels.txt"
about = "https://…"                 # where the public copy is documented
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from ragqa.config import Config, flatten, load_config, override, read_toml
from ragqa.corpus.analyze import LANGUAGES
from ragqa.errors import ConfigError, SourceError
from ragqa.judging.questions import READERS

TASKS = ("open", "reading", "retrieval")
CORPUS_FORMATS = ("auto", "trec", "smart", "beir")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


@dataclass(frozen=True, slots=True)
class SuitePart:
    """Questions on one corpus. ``index`` is the folder under ``indexes/``; ``language`` that of answers and words;
    ``prefix`` is cut off the documents' ids in ``qrels``; ``set`` holds settings.
    """

    name: str
    questions: str
    corpus: tuple[str, ...] = ()
    corpus_format: str = "auto"
    questions_format: str = "auto"
    qrels: str = ""
    prefix: str = ""
    language: str = "en"
    index: str = ""
    about: str = ""
    set: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suite:
    """Parts that are run and reported together."""

    name: str
    task: str
    parts: tuple[SuitePart, ...]
    path: Path
    description: str = ""
    depth: int = 100
    ks: tuple[int, ...] = (1, 5, 10, 20, 50, 100)
    seed: int = 0
    set: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartFiles:
    """Where a part's data were found."""

    corpus: tuple[Path, ...]
    questions: Path
    qrels: Path | None


def load_suite(path: str | Path) -> Suite:
    """Read and check a suite; anything unknown or impossible is a `ConfigError` that names file and key."""
    path = Path(path)
    if not path.is_file():
        raise ConfigError(f"{path}: no such suite; the shipped ones are eval/suites/*.toml")
    content = dict(read_toml(path))
    tables = content.pop("parts", None)
    if not isinstance(tables, dict) or not tables:
        raise ConfigError(f"{path}: a suite needs at least one table [parts.NAME]")
    suite = _typed(Suite, {"name": path.stem, **content}, {"parts": (), "path": path}, f"{path}")
    if not _NAME.match(suite.name):
        raise ConfigError(f"{path}: name {suite.name!r} must be made of letters, digits, . _ and -")
    _one_of(suite.task, TASKS, f"{path}: task")
    if not 1 <= suite.depth <= 1000 or not suite.ks or not all(1 <= k <= suite.depth for k in suite.ks):
        raise ConfigError(f"{path}: depth must be from 1 to 1000 and every one of ks from 1 to depth")
    suite = replace(suite, parts=tuple(_part(suite, name, table) for name, table in tables.items()))
    built: dict[str, tuple[Any, ...]] = {}
    for part in suite.parts:
        config, _ = config_for(suite, part)
        content_of = (part.corpus, part.corpus_format, config.index)
        if part.corpus and built.setdefault(part.index.lower(), content_of) != content_of:
            raise ConfigError(f"{path}: parts.{part.name}.index: {part.index} is another part's, of other content")
    return suite


def config_for(suite: Suite, part: SuitePart, settings: Sequence[str] = ()) -> tuple[Config, dict[str, str]]:
    """The settings of a part, and where each value that is no default came from."""
    config = Config()
    origins: dict[str, str] = {}
    layers = (
        (f"parts.{part.name}.language", {"index.language": _analyzer(part.language)}),
        (f"{suite.path.name} [set]", suite.set),
        (f"{suite.path.name} [parts.{part.name}.set]", part.set),
    )
    for origin, values in layers:
        try:
            config = override(config, dict(flatten(values)))
        except ConfigError as error:
            raise ConfigError(f"{suite.path}: {origin.removeprefix(suite.path.name).strip()}: {error}") from error
        origins |= {key: origin for key, _ in flatten(values)}
    config, changed = load_config(None, settings, config)
    _one_of(config.index.language, LANGUAGES, f"{suite.path}: parts.{part.name}: index.language")
    return config, origins | changed


def locate(suite: Suite, part: SuitePart, data: Path | None = None) -> PartFiles:
    """Where the files of a part are: under ``data``, beside the suite, or in one of the two folders above it.

    (Two, because suites live in eval/suites/, and paths may be given from the root of the project.) A missing file is a
    `SourceError` that says which, for what, and where the public copy is documented.
    """
    if data is not None and not data.is_dir():
        raise SourceError(f"--data {data}: no such folder")
    folder = suite.path.resolve().parent
    roots = [*([] if data is None else [data]), folder, *list(folder.parents)[:2]]

    def find(name: str) -> Path:
        for root in roots:
            if _exists(root / name):
                return root / name
        about = f"; it is documented at {part.about}" if part.about else ""
        raise SourceError(
            f"{name} is missing, which the suite {suite.name} needs for its part {part.name}: "
            f"name the folder that holds it with --data DIR{about}"
        )

    return PartFiles(
        tuple(find(name) for name in part.corpus), find(part.questions), find(part.qrels) if part.qrels else None
    )


def _exists(path: Path) -> bool:
    """False also for names that no file can have."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _part(suite: Suite, name: str, table: Any) -> SuitePart:
    place = f"{suite.path}: parts.{name}"
    if not _NAME.match(name):
        raise ConfigError(f"{place}: a part's name must be made of letters, digits, . _ and -")
    if not isinstance(table, dict):
        raise ConfigError(f"{place}: expected a table")
    part = _typed(SuitePart, {"index": f"eval-{suite.name}-{name}", **table}, {"name": name}, place)
    _one_of(part.corpus_format, CORPUS_FORMATS, f"{place}.corpus_format")
    _one_of(part.questions_format, ("auto", *READERS), f"{place}.questions_format")
    if not _NAME.match(part.index):
        raise ConfigError(f"{place}.index: a plain folder name is needed, not {part.index!r}")
    if not all((part.questions, *part.corpus)):
        raise ConfigError(f"{place}: corpus and questions name files, and may not be empty")
    if bool(part.corpus) == (suite.task == "reading"):
        wanted = "has no corpus, the paragraphs come with the questions" if part.corpus else "needs a corpus"
        raise ConfigError(f"{place}: a part of the task {suite.task} {wanted}")
    return part


def _analyzer(language: str) -> str:
    return language if language in LANGUAGES else "simple"


def _one_of(value: str, known: Sequence[str], place: str) -> None:
    if value not in known:
        raise ConfigError(f"{place} is {value!r}: one of {', '.join(known)}")


Table = TypeVar("Table", SuitePart, Suite)


def _typed(kind: type[Table], values: Mapping[str, Any], own: Mapping[str, Any], place: str) -> Table:
    """A dataclass from a TOML table and our ``own`` fields, which are not the file's to set.

    Lists become tuples; unknown keys and other types are errors.
    """
    hints, converted = get_type_hints(kind), dict(own)
    known = [item for item in fields(kind) if item.name not in own]
    for key, value in values.items():
        if key not in [item.name for item in known]:
            raise ConfigError(f"{place}: unknown key {key}; known are {', '.join(item.name for item in known)}")
        converted[key] = _convert(value, str(hints[key]), f"{place}: {key}")
    missing = [
        item.name
        for item in known
        if item.name not in values and item.default is MISSING and item.default_factory is MISSING
    ]
    if missing:
        raise ConfigError(f"{place}: {', '.join(missing)} must be given")
    return kind(**converted)


def _convert(value: Any, hint: str, place: str) -> Any:
    item: type = int if "int" in hint else str
    if "tuple" in hint:
        values = value if isinstance(value, list) else [value]
        if all(type(one) is item for one in values):
            return tuple(values)
    elif "Mapping" in hint:
        if isinstance(value, dict):
            return value
    elif type(value) is item:
        return value
    raise ConfigError(f"{place} is {value!r}: expected {'a table' if 'Mapping' in hint else item.__name__}")
