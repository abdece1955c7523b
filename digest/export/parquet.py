"""Writes rows as Apache Parquet, one row group for each batch. pyarrow is an optional extra, so it
is imported only here and only when it is needed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from digest.errors import DigestError
from digest.export.columns import Column
from digest.export.writers import Batches


def find_pyarrow() -> Any:
    """The module ``pyarrow``.

    Raises:
        DigestError: It is not installed.
    """
    try:
        import pyarrow  # type: ignore[import-untyped]  # noqa: PLC0415  it ships no types
        import pyarrow.parquet  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError as error:
        what = "Parquet needs the library pyarrow: pip install 'papers-digest[parquet]'"
        raise DigestError(what) from error
    return pyarrow


def write_parquet(path: Path, columns: Sequence[Column], batches: Batches) -> None:
    """Write a file with typed columns; an instant has microseconds and is in UTC.

    Raises:
        DigestError: pyarrow is not installed.
    """
    arrow = find_pyarrow()
    schema = _schema(arrow, columns)
    with path.open("wb") as out, arrow.parquet.ParquetWriter(out, schema) as writer:
        for batch in batches:
            if batch:
                values = zip(*batch, strict=True)
                arrays = [
                    arrow.array(list(column), field.type)
                    for column, field in zip(values, schema, strict=True)
                ]
                writer.write_batch(arrow.record_batch(arrays, schema=schema))


def _schema(arrow: Any, columns: Sequence[Column]) -> Any:
    text, number = arrow.string(), arrow.float64()
    words = [(name, text) for name in ("interest", "term", "place", "via")]
    reason = arrow.struct([*words, ("weight", number), ("contribution", number)])
    kinds = {
        "text": text,
        "texts": arrow.list_(text),
        "whole": arrow.int64(),
        "number": number,
        "switch": arrow.bool_(),
        "day": arrow.date32(),
        "instant": arrow.timestamp("us", tz="UTC"),
        "reasons": arrow.list_(reason),
    }
    return arrow.schema([(column.name, kinds[column.kind]) for column in columns])
