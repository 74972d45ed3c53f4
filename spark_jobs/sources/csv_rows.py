"""CSV -> one JSON object a row: every value a string, an empty one null."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

# a row may not be longer than a block
BLOCK = 32 * 1024 * 1024
ROWS = 50_000
MUST_ESCAPE = np.isin(np.arange(256), [*range(32), ord('"'), ord("\\")])


def read_csv(open_file: Callable[[], BinaryIO]) -> Iterator[tuple[np.ndarray, pa.Array]]:
    """A CSV file with a header -> blocks of (row numbers from 0, payloads); an empty file -> none.

    A row with too few or too many values comes as the text of its line. ArrowInvalid, ValueError and OSError
    say that the file is no CSV.
    """
    if _is_blank(open_file):
        return
    names = _header(open_file)
    ragged: list[csv.InvalidRow] = []
    number = 0
    for batch in _reader(open_file, names, ragged.append):
        for rows in _slices(batch):
            # the parser is never behind: it has met every ragged row up to the end of this batch
            skipped = np.array([row.number - 2 for row in ragged], dtype=np.int64)
            numbers, number = _numbers(number, rows.num_rows, skipped)
            yield numbers, json_objects(names, rows.columns)
    if ragged:
        texts = [row.text.encode("utf-8", "surrogateescape") for row in ragged]
        yield np.array([row.number - 2 for row in ragged], dtype=np.int64), pa.array(texts, pa.binary())


def json_objects(names: list[str], columns: list[pa.Array]) -> pa.Array:
    """Columns of bytes -> one JSON object a row."""
    pieces: list[pa.Array | bytes] = []
    for index, (name, column) in enumerate(zip(names, columns, strict=True)):
        lead = ("{" if index == 0 else ",") + json.dumps(name, ensure_ascii=False) + ":"
        quoted = _joined(b'"', _escaped(column), b'"')
        pieces += [lead.encode(), pc.fill_null(quoted, b"null")]
    return _joined(*pieces, b"}")


def _joined(*pieces: pa.Array | bytes) -> pa.Array:
    """Row by row, the pieces behind one another; null when one of them is."""
    separator = b""
    values = [pa.scalar(piece) if isinstance(piece, bytes) else piece for piece in (*pieces, separator)]
    return pc.call_function("binary_join_element_wise", values)


def _escaped(values: pa.Array) -> pa.Array:
    data = values.buffers()[2]
    if data is None:
        return values
    present = np.unique(np.frombuffer(data, np.uint8))
    # the backslash first, or it would escape the others' escapes
    for byte in sorted(present[MUST_ESCAPE[present]], key=lambda byte: byte != ord("\\")):
        character = bytes([byte])
        escape = json.dumps(character.decode())[1:-1].encode()
        how = pc.ReplaceSubstringOptions(character, escape)
        values = pc.call_function("replace_substring", [values], how)
    return values


def _numbers(first: int, count: int, skipped: np.ndarray) -> tuple[np.ndarray, int]:
    """`count` row numbers from `first` on that are not among the skipped ones, and the next number."""
    candidates = np.arange(first, first + count + len(skipped), dtype=np.int64)
    numbers = candidates[~np.isin(candidates, skipped)][:count]
    return numbers, int(numbers[-1]) + 1 if count else first


def _slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, ROWS):
        yield batch.slice(start, ROWS)


def _is_blank(open_file: Callable[[], BinaryIO]) -> bool:
    with open_file() as stream:
        return not any(chunk.strip() for chunk in iter(lambda: stream.read(BLOCK), b""))


def _header(open_file: Callable[[], BinaryIO]) -> list[str]:
    names = _reader(open_file, [], lambda row: None).schema.names
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"the header names {', '.join(twice)} more than once")
    return names


def _reader(
    open_file: Callable[[], BinaryIO], names: list[str], on_ragged: Callable[[csv.InvalidRow], object]
) -> csv.CSVStreamingReader:
    def skip(row: csv.InvalidRow) -> str:
        on_ragged(row)
        return "skip"

    return csv.open_csv(
        open_file(),
        # in one thread rows are numbered
        read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK),
        parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.binary()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,
        ),
    )
