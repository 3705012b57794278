"""Suites: TOML files with questions, corpora and settings, which are checked completely before anything runs.

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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ragqa.config import Config, load_config
from ragqa.convert import Misfit, convert, flatten, misfit, one_of, override, read_toml, shown_name
from ragqa.corpus.analyze import LANGUAGES, is_analyzed
from ragqa.errors import ConfigError, SourceError
from ragqa.judging.questions import READERS
from ragqa.store.outside import nearest

TASKS = ("open", "reading", "retrieval")
CORPUS_FORMATS = ("auto", "trec", "smart", "beir")
SHIPPED = Path("eval/suites")  # in the source of ragqa
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_LISTS = ("corpus", "ks")  # keys that may hold a single value instead of a list


@dataclass(frozen=True, slots=True)
class SuitePart:
    """Questions on one corpus. ``index`` is the name of its folder among the evaluation's indexes, ``language`` the
    language of documents and answers; ``prefix`` is cut off the documents' ids in ``qrels``; ``set`` holds settings.
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

    def __post_init__(self) -> None:
        """Check the formats and names."""
        _check_name("name", self.name)
        _check_choice("corpus_format", self.corpus_format, CORPUS_FORMATS)
        _check_choice("questions_format", self.questions_format, ("auto", *READERS))
        for name, files in (("questions", (self.questions,)), ("corpus", self.corpus)):
            if not all(files):
                raise Misfit(misfit(name, "", "a file's name"))


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

    def __post_init__(self) -> None:
        """Check the task and the depths."""
        _check_name("name", self.name)
        _check_choice("task", self.task, TASKS)
        if not 1 <= self.depth <= 1000:
            raise Misfit(misfit("depth", self.depth, "from 1 to 1000"))
        if not self.ks or not all(1 <= k <= self.depth for k in self.ks):
            raise Misfit(misfit("ks", list(self.ks), f"depths from 1 to depth ({self.depth})"))


@dataclass(frozen=True, slots=True)
class PartFiles:
    """The paths of a part's data."""

    corpus: tuple[Path, ...]
    questions: Path
    qrels: Path | None


def load_suite(path: str | Path) -> Suite:
    """Read and check a suite; anything unknown or impossible is a `ConfigError` that names file and key."""
    path = Path(path)
    if not path.is_file():
        raise ConfigError(f"{path}: no such suite{_where(path)}")
    content = read_toml(path)
    tables = content.pop("parts", None)
    if not isinstance(tables, dict) or not tables:
        raise ConfigError(f"{path}: parts is missing: expected at least one table [parts.NAME]")
    try:
        suite = convert(Suite, _listed({"name": path.stem, **content}), given={"parts": (), "path": path})
        suite = replace(suite, parts=tuple(_part(suite, name, table) for name, table in tables.items()))
    except Misfit as error:
        raise ConfigError(f"{path}: {error}") from error
    built: dict[str, tuple[Any, ...]] = {}
    for part in suite.parts:
        config, _ = config_for(suite, part)
        content_of = (part.corpus, part.corpus_format, config.index)
        if part.corpus and built.setdefault(part.index.lower(), content_of) != content_of:
            wanted = "a name of its own, as the other part of that index has other content"
            raise ConfigError(f"{path}: {misfit(f'parts.{part.name}.index', part.index, wanted)}")
    return suite


def _where(path: Path) -> str:
    """In words: where suites are."""
    if (there := nearest(path, folders=False)) and there.suffix == ".toml":
        return f"; did you mean {there.as_posix()}?"
    if named := sorted(SHIPPED.glob("*.toml")):
        return f": name a file, such as {' or '.join(file.as_posix() for file in named[:2])}"
    return (
        f"; the installed package has none: those in {SHIPPED.as_posix()} come with ragqa's source. "
        "docs/evaluating.md says how to write one of your own"
    )


def config_for(suite: Suite, part: SuitePart, settings: Sequence[str] = ()) -> tuple[Config, dict[str, str]]:
    """The settings of a part, and for each value that is not the default where it came from."""
    config = Config()
    origins: dict[str, str] = {}
    layers = (
        (f"parts.{part.name}.language", {"index.language": _analyzer(part.language)}),
        (f"{suite.path.name} [set]", suite.set),
        (f"{suite.path.name} [parts.{part.name}.set]", part.set),
    )
    for origin, values in layers:
        where = f"{suite.path}: {origin.removeprefix(suite.path.name).strip()}"
        config = override(config, dict(flatten(values)), where)
        origins |= {key: origin for key, _ in flatten(values)}
    config, changed = load_config(None, settings, config)
    if not is_analyzed(config.index.language):
        said = misfit("index.language", config.index.language, one_of(LANGUAGES))
        raise ConfigError(f"{suite.path}: parts.{part.name}: {said}")
    return config, origins | changed


def locate(suite: Suite, part: SuitePart, data: Path | None = None) -> PartFiles:
    """Where the files of a part are: under ``data``, beside the suite, or in one of the two folders above it.

    (Two, because suites lie in eval/suites/, and paths may be relative to the root of the project.) A missing file is a
    `SourceError` that names it, what it is for, and where the public copy is documented.
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
    if isinstance(table, dict):
        table = _listed({"index": f"eval-{suite.name}-{name}", **table})
    path = f"parts.{shown_name(name)}"
    part = convert(SuitePart, table, path, given={"name": name})
    _check_name(f"{path}.index", part.index)
    if bool(part.corpus) == (suite.task == "reading"):
        wanted = "none, as the paragraphs come with the questions" if part.corpus else "files"
        raise Misfit(misfit(f"{path}.corpus", list(part.corpus), f"{wanted} (task is {suite.task})"))
    return part


def _listed(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: [value] if name in _LISTS and not isinstance(value, list) else value for name, value in table.items()}


def _analyzer(language: str) -> str:
    return language if language in LANGUAGES else "simple"


def _check_choice(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise Misfit(misfit(name, value, one_of(known)))


def _check_name(name: str, value: str) -> None:
    if not _NAME.match(value):
        raise Misfit(misfit(name, value, "a name of letters, digits, . _ and -"))
