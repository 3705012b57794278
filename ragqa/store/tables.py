"""Arrow IPC files that are written row by row, once, and then read through a memory map.

Batches have a fixed number of rows, so that the number of a row gives its batch. A column of a batch is validated when
it is first used, so that a damaged or foreign file is an error and not a crash.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ragqa.store.packed import mapped
from ragqa.store.reading import damaged, reading

FEW = 128  # up to so many rows are read one by one; an Arrow take costs as much as a dozen of them


class TableWriter:
    """Writes rows to an uncompressed Arrow IPC file in batches of ``size`` rows; the last may be smaller."""

    def __init__(self, path: Path, schema: pa.Schema, size: int) -> None:
        self.rows = 0
        self._schema, self._size = schema, size
        self._pending: list[tuple[Any, ...]] = []
        self._file = path.open("wb")
        self._writer = pa.ipc.new_file(self._file, schema)

    def add(self, row: tuple[Any, ...]) -> None:
        """Append a row, its values in the schema's order."""
        self._pending.append(row)
        self.rows += 1
        if len(self._pending) == self._size:
            self._flush()

    def finish(self) -> None:
        """Write the last batch and the footer, and close the file."""
        if self._pending:
            self._flush()
        self._writer.close()
        self._file.close()

    def abandon(self) -> None:
        """Close the file without completing it."""
        self._file.close()

    def _flush(self) -> None:
        columns = zip(*self._pending, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self._pending = []


class TableReader:
    """A memory-mapped Arrow IPC file that `TableWriter` wrote with one of these schemas; ``names`` are its columns.
    Damage and refusals are raised as by `reading`.
    """

    def __init__(self, path: Path, schemas: Sequence[pa.Schema], size: int, rows: int) -> None:
        self.path, self.rows, self._size = path, rows, size
        with reading(path):
            self._reader = pa.ipc.open_file(pa.py_buffer(mapped(path)))
        count = -(-rows // size)
        if not any(map(self._reader.schema.equals, schemas)) or self._reader.num_record_batches != count:
            raise damaged(path)
        self.names = frozenset(self._reader.schema.names)
        self._batches: list[pa.RecordBatch | None] = [None] * count
        self._columns: dict[tuple[int, str], pa.Array] = {}

    def column(self, number: int, name: str) -> pa.Array:
        """A column of the batch ``number``, which begins at row ``number * size``; validated."""
        found = self._columns.get((number, name))
        if found is None:
            found = self._columns[number, name] = self._load(number, name)
        return found

    def columns(self, *names: str) -> Iterator[list[pa.Array]]:
        """These columns, batch by batch."""
        for number in range(len(self._batches)):
            yield [self.column(number, name) for name in names]

    def take(self, rows: NDArray[np.int64], *names: str) -> list[tuple[Any, ...]]:
        """For each of these rows, in this order, a tuple of the values of these columns; rows may repeat."""
        if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < self.rows:
            raise IndexError(f"{self.path} has {self.rows} rows, asked for {rows.min()} to {rows.max()}")
        if len(rows) <= FEW:
            return [
                tuple(self.column(number, name)[place].as_py() for name in names)
                for number, place in (divmod(row, self._size) for row in rows.tolist())
            ]
        found: list[tuple[Any, ...]] = [()] * len(rows)
        numbers, places = np.divmod(rows, self._size)
        order = np.argsort(numbers, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
            number, own = int(numbers[group[0]]), pa.array(places[group])
            values = [self.column(number, name).take(own).to_pylist() for name in names]
            for position, row in zip(group.tolist(), zip(*values, strict=True), strict=True):
                found[position] = row
        return found

    def _load(self, number: int, name: str) -> pa.Array:
        expected = min(self._size, self.rows - number * self._size)
        with reading(self.path):
            batch = self._batches[number]
            if batch is None:
                batch = self._batches[number] = self._reader.get_batch(number)
            column = batch.column(name)
            column.validate(full=True)
        if len(column) != expected or column.null_count:
            raise damaged(self.path)
        return column
