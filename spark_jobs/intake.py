"""Where a domain's messages come from and how they are read, from the words of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from spark_jobs.sources.kinds import parse_source
from spark_jobs.sources.source import RecordSource, Source
from weir.duration import EXAMPLES, LONGEST, parse_duration
from weir.error import WeirError
from weir.mapping import FORMATS, ColumnMapping, load_mapping
from weir.pack import load_pack
from weir.settings import settings

# a batch is sorted and cached whole: about this much of raw's files fits a laptop's memory
BATCH_BYTES = "256m"


@dataclass(frozen=True, slots=True)
class Intake:
    """Where a domain's messages come from and how they are read; no source is what `raw` holds already.

    max_age: how late events of a live source may arrive; none is what its kind says.
    """

    source: Source | None = None
    format: str = "json"
    mapping: ColumnMapping | None = None
    batch_bytes: str = BATCH_BYTES
    new_epoch: bool = False
    max_age: timedelta | None = None


def intake(
    domain: str,
    source: str | None,
    form: str | None,
    mapping: Path | None,
    new_epoch: bool = False,
    max_age: str | None = None,
) -> Intake:
    """The words of the command line -> Intake. A format that is no file format is a mapping the pack ships."""
    contract = load_pack(domain).contract
    shipped = settings().domains / domain / "mappings" / f"{form}.yml"
    chosen = mapping or (shipped if shipped.exists() else None)
    if chosen is None and form not in (None, *FORMATS):
        known = sorted(path.stem for path in shipped.parent.glob("*.yml"))
        raise WeirError(
            f"--format {form}: write {', '.join(FORMATS)}{''.join(f' or {name}' for name in known)}"
        )
    loaded = load_mapping(chosen.read_text("utf-8-sig"), str(chosen), contract) if chosen else None
    written = loaded.format if loaded else None
    if written and form in FORMATS and form != written:
        raise WeirError(f"--format {form}: {chosen} says that it is for {written}; leave --format out")
    file_format = form if form in FORMATS else written or "json"
    place = parse_source(source)
    if isinstance(place, RecordSource) and file_format != "json":
        raise WeirError(
            f"{file_format} is a format of files, and each message of {source} is one JSON object, which a mapping may "
            "read: leave --format out, and `format` out of the mapping"
        )
    return Intake(place, file_format, loaded, new_epoch=new_epoch, max_age=_span(max_age, place))


def _span(max_age: str | None, source: Source | None) -> timedelta | None:
    if max_age is None:
        return None
    if not isinstance(source, RecordSource):
        raise WeirError(
            f"--max-age {max_age}: is for a live source (--from kafka:TOPIC, ...); files have none"
        )
    span = parse_duration(max_age)
    if span is None:
        raise WeirError(f"--max-age {max_age}: write for example {EXAMPLES}, at most {LONGEST.days}d")
    return span
