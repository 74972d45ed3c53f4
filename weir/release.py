"""How a released message names its original: by its `source`, with the original's partition and position."""

from __future__ import annotations

_PREFIX = "release:"

# SQL over rows of raw/<domain>, the same for Spark and for DuckDB
IS_COPY = f"source like '{_PREFIX}%'"
ORIGINAL = f"substr(source, {len(_PREFIX) + 1})"
# SQL over the original's row: the `source` of its copy
COPY = f"concat('{_PREFIX}', source)"


def to_original(source: str) -> str:
    """A column with a `source` -> SQL of the source of the first original, however often it was released."""
    return f"regexp_replace({source}, '^(?:{_PREFIX})+', '')"
