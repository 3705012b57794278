"""The files of a run's folder, which are written so that an interrupted run can be resumed.

    run.json         the run: suite, settings and where they came from, versions, fingerprints, and a hash of these
    answers.jsonl    a line for each question (see `ragqa.eval.runs.examine`)
    hits.arrow       the ranking of each source for each question
    passages.arrow   the passages that answers and gold readings quote
    timings.arrow    wall and CPU milliseconds of each question by stage
    cost.json        what the whole run cost

During the run, results lie in ``chunks/``, in one folder for each chunk of questions, which appears when it is
complete.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ragqa.convert import convert, line_reader, plain, read_json
from ragqa.documents import Passage
from ragqa.errors import ConfigError, SourceError
from ragqa.eval.runs.forms import Begun, Cost, Described, Record
from ragqa.store.atomic import replace_file, storing, sync_folder, write_file
from ragqa.timing import Stopwatch

RUN, ANSWERS, COST, CHUNKS = "run.json", "answers.jsonl", "cost.json", "chunks"
_NAME = pa.dictionary(pa.int32(), pa.string())
TABLES = {
    "hits.arrow": pa.schema(
        {
            "question": pa.int32(),  # the line of answers.jsonl, from 0
            "source": _NAME,  # bm25, dense, fused, reranked
            "rank": pa.int32(),
            "passage": _NAME,
            "document": _NAME,
            "score": pa.float32(),
            "grade": pa.int32(),  # of a relevant passage; 0: not relevant
            "answer": pa.bool_(),  # whether its text has an answer
        }
    ),
    "passages.arrow": pa.schema(
        {"id": pa.string(), "document": pa.string(), "title": pa.string(), "text": pa.string()}
    ),
    "timings.arrow": pa.schema(
        {"question": pa.int32(), "stage": _NAME, "wall_ms": pa.float32(), "cpu_ms": pa.float32()}
    ),
}
Rows = dict[str, list[Any]]


@dataclass(slots=True)
class Findings:
    """The results of some questions: a record for each, and columns of the tables."""

    records: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, Rows] = field(
        default_factory=lambda: {name: {column: [] for column in schema.names} for name, schema in TABLES.items()}
    )

    def add_hits(self, question: int, source: str, hits: Mapping[str, Sequence[Any]]) -> None:
        """Add the ranking of one source for one question, best first: columns passage, document,
        score, grade, answer.
        """
        count, table = len(hits["passage"]), self.tables["hits.arrow"]
        columns: dict[str, Iterable[Any]] = {
            "question": [question] * count,
            "source": [source] * count,
            "rank": range(1, count + 1),
            **hits,
        }
        for name, values in columns.items():
            table[name] += values

    def add_passage(self, passage: Passage) -> None:
        """Add a passage that a record names."""
        row = (passage.id, passage.doc_id, passage.context, passage.text)
        for column, value in zip(self.tables["passages.arrow"].values(), row, strict=True):
            column.append(value)

    def add_times(self, question: int, watch: Stopwatch) -> None:
        """Add the times that a question took by stage."""
        table = self.tables["timings.arrow"]
        table["question"] += [question] * len(watch.wall)
        table["stage"] += watch.wall
        table["wall_ms"] += watch.wall.values()
        table["cpu_ms"] += watch.cpu.values()


class SuiteRun:
    """The folder of a run, unfinished or finished."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def finished(self) -> bool:
        """Whether the run is complete."""
        return (self.path / ANSWERS).is_file()

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Make the folder, or check that it holds this run; another run in it is a `ConfigError`."""
        if (self.path / RUN).exists():
            if (held := self._read(Begun)["hash"]) != facts["hash"]:
                raise ConfigError(
                    f"{self.path} holds another run ({held}, this is {facts['hash']}): choose another folder with -o, "
                    f"or delete that one"
                )
            return
        self.refuse_other_files()
        with storing(self.path):
            (self.path / CHUNKS).mkdir(parents=True)
            replace_file(self.path / RUN, (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode())

    def refuse_other_files(self) -> None:
        """`ConfigError` if the folder has files and no run; call it before anything that takes long."""
        if not (self.path / RUN).exists() and self.path.is_dir() and any(self.path.iterdir()):
            raise ConfigError(f"{self.path} is not empty and holds no run: choose another folder with -o")

    def facts(self) -> dict[str, Any]:
        """The content of run.json, checked against `Described`."""
        if not (self.path / RUN).exists():
            raise SourceError(f"{self.path} holds no run: ragqa eval run makes one")
        return self._read(Described)

    def has(self, chunk: str) -> bool:
        """Whether this chunk was finished."""
        return (self.path / CHUNKS / chunk).is_dir()

    def write(self, chunk: str, findings: Findings) -> None:
        """Write a chunk, which appears when all of it is on the disk."""
        final = self.path / CHUNKS / chunk
        aside = final.with_name(f"{chunk}.tmp")
        with storing(aside):
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            write_file(aside / ANSWERS, _lines(findings.records))
            for name, schema in TABLES.items():
                _write_table(aside / name, pa.table(findings.tables[name], schema))
            aside.rename(final)
            sync_folder(final.parent)

    def finish(self, chunks: Sequence[str]) -> None:
        """Join all chunks in order. answers.jsonl is written last, so a folder that has it is complete."""
        folders = [self.path / CHUNKS / chunk for chunk in chunks]
        with storing(self.path):
            for name, schema in TABLES.items():
                table = pa.concat_tables([_read_table(folder / name) for folder in folders] or [schema.empty_table()])
                if name == "passages.arrow":
                    table = _distinct(table)
                aside = self.path / f"{name}.tmp"
                _write_table(aside, table.unify_dictionaries().combine_chunks())
                aside.replace(self.path / name)
            replace_file(self.path / ANSWERS, b"".join((folder / ANSWERS).read_bytes() for folder in folders))
            shutil.rmtree(self.path / CHUNKS, ignore_errors=True)

    def records(self) -> list[dict[str, Any]]:
        """The records of answers.jsonl, in order, checked against `Record`."""
        self._need_finished()
        path, check, records, number = self.path / ANSWERS, line_reader(Record), [], 0
        try:
            with path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):  # noqa: B007 - an error names it
                    check(line)
                    records.append(json.loads(line))
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{path}: damaged ({error})") from error
        except ValueError as error:
            raise SourceError(f"{path}:{number}: not a record of a run ({error})") from error
        return records

    def table(self, name: str) -> pa.Table:
        """One of `TABLES`."""
        self._need_finished()
        return _read_table(self.path / name)

    def keep_cost(self, cost: Cost) -> None:
        """Write cost.json."""
        with storing(self.path / COST):
            replace_file(self.path / COST, (json.dumps(plain(cost), indent=2) + "\n").encode())

    def cost(self) -> Cost | None:
        """The content of cost.json; None if there is none, as in runs made by hand."""
        path = self.path / COST
        try:
            return convert(Cost, read_json(path.read_bytes()), loose=True)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise SourceError(f"{path}: does not say what a run cost ({error})") from error

    def _read(self, kind: type[Begun | Described]) -> dict[str, Any]:
        """All of run.json, checked against ``kind``."""
        path = self.path / RUN
        try:
            content = read_json(path.read_bytes())
            convert(kind, content, loose=True)
        except (OSError, ValueError) as error:
            raise SourceError(f"{path}: not the description of a run ({error})") from error
        return content

    def _need_finished(self) -> None:
        if not self.finished:
            known = (
                "is not finished: give the same ragqa eval run again" if (self.path / RUN).exists() else "holds no run"
            )
            raise SourceError(f"{self.path} {known}")


def _lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode("utf-8", "replace")


def _distinct(table: pa.Table) -> pa.Table:
    first: Iterator[int] = iter(
        {name: row for row, name in reversed(list(enumerate(table["id"].to_pylist())))}.values()
    )
    return table.take(pa.array(sorted(first), pa.int64()))


def _write_table(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _read_table(path: Path) -> pa.Table:
    try:
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
            table.validate()
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{path}: missing or damaged ({error})") from error
    if table.schema != TABLES[path.name]:
        raise SourceError(f"{path}: not a table of a run made by this version")
    return table
