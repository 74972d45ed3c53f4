"""Look into quarantine with DuckDB: reasons, how much is open, samples. Nothing here starts Spark."""

from __future__ import annotations

from typing import Any

from weir.pack import load_pack
from weir.reason import DUPLICATE
from weir.release import IS_COPY, ORIGINAL
from weir.warehouse import ask, connect_lake

Rows = list[dict[str, Any]]

# duplicates were counted once already: they are never open
PARTS = f"""
    with copies as (
        select distinct {ORIGINAL} as source, "partition", "position", true as has_copy
        from raw_{{domain}} where {IS_COPY}
    ),
    parts as (
        select refused.*, coalesce(has_copy, false) as is_released,
            not coalesce(has_copy, false) and reason <> '{DUPLICATE}' as is_open
        from quarantine_{{domain}} as refused left join copies using (source, "partition", "position")
        where $reason is null or reason = $reason
    )
"""
REASONS = """
    select reason, count(*) as parts, count(*) filter (is_released) as released,
        count(*) filter (is_open) as open, min(received_at) as first, max(received_at) as last
    from parts group by reason order by open desc, parts desc, reason
"""
SAMPLES = """
    , newest as (
        select * from parts where not is_released
        qualify row_number() over (partition by reason order by seq desc, part) <= $samples
    )
    select newest.reason, detail[1]."column" as "column", detail[1].value as value, newest.event_id,
        newest.source, newest."partition", newest."position", newest.part, newest.received_at, raw.payload
    from newest join raw_{domain} as raw using (source, "partition", "position")
    order by reason, newest.seq desc, part
"""


def reasons(domain: str, reason: str | None = None) -> Rows:
    """A domain -> one row a reason: parts, released, open, first and last received; most open first."""
    return _rows(domain, PARTS + REASONS, {"reason": reason})


def samples(domain: str, each: int, reason: str | None = None) -> Rows:
    """A domain -> the newest parts of each reason that were not released, with their message's text."""
    rows = _rows(domain, PARTS + SAMPLES, {"reason": reason, "samples": each})
    return [row | {"payload": bytes(row["payload"] or b"").decode(errors="replace")} for row in rows]


def _rows(domain: str, query: str, values: dict[str, Any]) -> Rows:
    load_pack(domain)
    with connect_lake([domain]) as lake:
        return ask(lake, query.format(domain=domain), values).records()
