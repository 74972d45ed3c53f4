"""What a score is, and the decision about any events on DuckDB; spark_jobs.decisions is its twin.

score = min(100, sum of the points of the rules that fire). Reasons are the hits in the ruleset's order, and
behind them a negative `cap` when their sum exceeds 100: reasons always add up to the score.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from weir.judgement import Judgement, judgements
from weir.pack import Pack
from weir.rule import CAP, HIGHEST_SCORE
from weir.sql_pattern import quoted
from weir.sql_term import sql_type

CAP_TEXT = f"scores end at {HIGHEST_SCORE}"
HIT = "struct(rule varchar, points integer, text varchar)"


@dataclass(frozen=True, slots=True)
class Hit:
    """One reason: the rule that fired, its points, and why in words."""

    rule: str
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A score from 0 to 100, the action of its band, and the reasons that add up to it."""

    score: int
    action: str
    reasons: tuple[Hit, ...]


def action_for(bands: Sequence[tuple[str, int]], score: int) -> str:
    """The action of the band the score is in."""
    return next(action for action, lowest in reversed(bands) if score >= lowest)


def decision_sql(rules: Iterable[Judgement], bands: Sequence[tuple[str, int]], source: str) -> str:
    """DuckDB SQL: the rows of `source` (a table, or a query in parentheses) with score, action, reasons."""
    hits = ", ".join((f"null::{HIT}", *(_hit_sql(rule) for rule in rules)))
    cap = f"{{'rule': '{CAP}', 'points': {HIGHEST_SCORE} - sum_, 'text': '{CAP_TEXT}'}}"
    whens = " ".join(f"when sum_ >= {lowest} then '{action}'" for action, lowest in reversed(bands))
    return f"""
        with judged as (
            select *, list_filter([{hits}], lambda hit: hit is not null) as hits_ from {source}
        ),
        summed as (
            select *, coalesce(list_sum(list_transform(hits_, lambda hit: hit.points)), 0)::integer as sum_
            from judged
        )
        select
            * exclude (hits_, sum_),
            least(sum_, {HIGHEST_SCORE}) as score,
            case {whens} end as action,
            case when sum_ <= {HIGHEST_SCORE} then hits_ else list_append(hits_, {cap}) end as reasons
        from summed
    """


def decide(
    pack: Pack, rows: Sequence[Mapping[str, object]], connection: duckdb.DuckDBPyConnection | None = None
) -> list[Decision]:
    """Events -> decisions. An event names event, enrichment and feature columns; all others are null."""
    unknown = {name for row in rows for name in row} - pack.columns.keys()
    if unknown:
        raise KeyError(
            f"{pack.contract.domain} has no columns {sorted(unknown)}, only {sorted(pack.columns)}"
        )
    rules = judgements(pack)
    read = [name for name in pack.columns if any(name in rule.columns for rule in rules)]
    events = [{"row_": at, **{name: _plain(row.get(name)) for name in read}} for at, row in enumerate(rows)]
    decisions = decision_sql(rules, pack.ruleset.bands, _rows_sql(pack, read, json.dumps(events)))
    sql = f"select score, action, reasons from ({decisions}) order by row_"
    with duckdb.connect() if connection is None else connection.cursor() as session:
        found = session.execute(sql).fetchall()
    return [Decision(score, action, tuple(Hit(**hit) for hit in hits)) for score, action, hits in found]


def run_cases(pack: Pack) -> list[str]:
    """The pack's cases on DuckDB -> what went wrong, a line each; none when every case holds."""
    decisions = decide(pack, [case.values for case in pack.cases])
    failures = []
    for case, decision in zip(pack.cases, decisions, strict=True):
        if any(hit.rule == case.rule for hit in decision.reasons) != case.fires:
            what = "did not fire" if case.fires else "fired"
            failures.append(f"{case.place} {case.rule} {what} on {dict(case.values)}")
    return failures


def _hit_sql(rule: Judgement) -> str:
    hit = f"{{'rule': '{rule.rule}', 'points': {rule.points.duckdb}, 'text': {rule.text.duckdb}}}"
    return f"case when {rule.fires.duckdb} then {hit} end"


def _rows_sql(pack: Pack, names: Iterable[str], document: str) -> str:
    """A JSON array of objects -> a table with every value in its column's type."""
    kinds = {name: sql_type(pack.columns[name]).duckdb for name in names}
    shape = json.dumps([{"row_": "bigint", **kinds}])
    # written out, because DuckDB imports pandas, which takes seconds, to look at a parameter
    return f"(select unnest(from_json({quoted(document)[1]}, '{shape}'), max_depth := 2))"


def _plain(value: object) -> object:
    """A value as JSON that DuckDB reads back exactly: numbers as text, times in UTC."""
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat()
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
