"""Parquet: one document for each row, read in batches, after the sizes that the file declares were compared with the
limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ragqa.corpus.files import Problem, SourceFile, regular_size
from ragqa.corpus.limits import too_large, too_wide
from ragqa.corpus.readers.records import document
from ragqa.corpus.tables import row_reader
from ragqa.documents import Document
from ragqa.errors import SourceError

_ROWS = 1024
_PROBE = 8  # rows that tell how large the others will be
_BATCH_BYTES = 16 << 20
_UNREADABLE = object()


def read_parquet(file: SourceFile) -> Iterator[Document | Problem]:
    """One document for each row; nested and binary columns are left out. A row with a value that cannot be read is a
    problem.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file.path, pre_buffer=False) as table:
            columns = _columns(table.schema_arrow, file.limits.columns)
            _check_size(table.metadata, columns, file)
            make = None if "text" in columns else row_reader(columns)
            limit = left = file.limits.unpacked(regular_size(file.path))
            number = 0
            for batch in _batches(table, columns, limit):
                left -= batch.nbytes
                if left < 0:
                    raise SourceError(too_large(limit))
                for values in zip(*map(_values, batch.columns), strict=True):
                    number += 1
                    row = dict(zip(batch.schema.names, values, strict=True))
                    odd = [name for name, value in row.items() if value is _UNREADABLE]
                    if odd:
                        yield Problem(f"{file.source}:{number}", f"a value that cannot be read ({odd[0]})")
                    else:
                        yield document(row, file, number) if make is None else make(list(row.items()), file, number)
    except (MemoryError, FileNotFoundError, PermissionError):
        raise
    except (pa.ArrowException, OSError) as error:  # of a damaged file Arrow says either
        raise SourceError(f"not a readable Parquet file ({' '.join(str(error).split())})") from error


def _columns(schema: Any, most: int) -> list[str]:
    """The names of the columns to be read."""
    if len(schema) > most:
        raise SourceError(too_wide(len(schema), most))
    fields = {field.name: _is_odd(field.type) for field in schema}
    if fields.get("text"):
        raise SourceError('the column "text" is not text')
    columns = [name for name, odd in fields.items() if not odd]
    if not columns:
        raise SourceError("no column of texts or numbers")
    return columns


def _check_size(metadata: Any, columns: Sequence[str], file: SourceFile) -> None:
    """Refuse a file that unpacks to too much by its own figures, before anything is unpacked."""
    size = regular_size(file.path)
    most = file.limits.cells_of(size)
    if metadata.num_rows * len(columns) > most:
        raise SourceError(f"{metadata.num_rows * len(columns):,} cells, more than {most:,}")
    limit = file.limits.unpacked(size)
    if sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups)) > limit:
        raise SourceError(too_large(limit))


def _batches(table: Any, columns: Sequence[str], limit: int) -> Iterator[Any]:
    """All rows, in batches of a few MB.

    A repeated value is stored once, so the file's own figures do not say how large a row is, but the first rows do. If
    all rows like them would exceed ``limit`` bytes, nothing is read.
    """
    probe = next(table.iter_batches(_PROBE, columns=columns, use_threads=False), None)
    if probe is None or not len(probe):
        return
    row = max(1, probe.nbytes // len(probe))
    if row * table.metadata.num_rows > limit:
        raise SourceError(too_large(limit))
    yield from table.iter_batches(max(1, min(_ROWS, _BATCH_BYTES // row)), columns=columns, use_threads=False)


def _is_odd(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def _values(column: Any) -> list[Any]:
    """A column's values as texts, numbers and booleans; value by value if the column cannot be converted as a whole."""
    import pyarrow as pa

    kind = column.type
    if (pa.types.is_timestamp(kind) or pa.types.is_duration(kind) or pa.types.is_time(kind)) and kind.unit == "ns":
        column = column.cast(_coarser(kind), safe=False)  # Python's own have microseconds
    try:
        return [_plain(value) for value in column.to_pylist()]
    except (ValueError, ArithmeticError, LookupError, TypeError):
        return [_value(scalar) for scalar in column]


def _coarser(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return pa.duration("us") if pa.types.is_duration(kind) else pa.time64("us")


def _value(scalar: Any) -> Any:
    try:
        return _plain(scalar.as_py())
    except (ValueError, ArithmeticError, LookupError, TypeError):  # no UTF-8, a year that no calendar has
        return _UNREADABLE


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
