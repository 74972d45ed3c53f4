"""Whether a mapping can fit the files it is for, told before anything lands that `raw` would keep for ever."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from spark_jobs.sources.manifest import Admitted
from spark_jobs.sources.parquet_rows import ParquetFile, read_footer
from spark_jobs.sources.read import first_payloads
from spark_jobs.sources.split import as_split
from weir.error import WeirError
from weir.mapping import ColumnMapping

LOOKED_AT = 20
MESSAGES = 1000


class MappingMismatch(WeirError):
    """No field that a mapping asks for is in any of the files."""


def require_fit(mapping: ColumnMapping, files: Iterable[Path], form: str) -> None:
    """Look into the first files -> nothing when a field of the mapping is in one of them, or none has fields.

    Raises MappingMismatch with the fields of the files and those that the mapping asks for.
    """
    looked_at = list(islice(files, LOOKED_AT))
    found: dict[str, None] = {}
    for file in looked_at:
        found |= dict.fromkeys(field_names(file, form))
    wanted = {name.lower() for name in mapping.inputs}
    if not found or not wanted or wanted & {name.lower() for name in found}:
        return
    raise MappingMismatch(
        f"{looked_at[0]}: has none of the fields that the mapping asks for: {', '.join(mapping.inputs)}; "
        f"it has {', '.join(found)}. Write these into the mapping, or name the one that fits with --mapping"
    )


def field_names(file: Path, form: str) -> list[str]:
    """A file -> the top-level fields of its first messages, each once; none when it cannot be read."""
    entry = Admitted(0, str(file.parent), file.name, file.stat().st_size, 0, "", form, None)
    if form == "parquet":
        footer = read_footer(entry)
        return footer.schema.names if isinstance(footer, ParquetFile) else []
    names: dict[str, None] = {}
    for payload in first_payloads(as_split(entry, 0))[:MESSAGES]:
        names |= dict.fromkeys(_names(payload))
    return list(names)


def _names(payload: bytes) -> list[str]:
    try:
        message = json.loads(payload)
    except ValueError:
        return []
    return list(message) if isinstance(message, dict) else []
